# daemon/plugin, with the plugins of tests/plugins.
copydesk_unit_test(library SOURCES library.c LIBRARIES cd_plugin)
copydesk_unit_test(stage SOURCES stage.c config_support.c LIBRARIES cd_plugin)
foreach(test library stage)
  target_compile_definitions(test_${test} PRIVATE TEST_PLUGINS="${CMAKE_BINARY_DIR}/tests/plugins")
  foreach(plugin slow options sequence other_major newer_minor no_entry no_process null_descriptor half_store
                 short_descriptor odd_words)
    add_dependencies(test_${test} test_plugin_${plugin})
  endforeach()
endforeach()
