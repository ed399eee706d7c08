# daemon/desk: the window and the budget alone; the desk as a whole with real children.
copydesk_unit_test(lane SOURCES lane.c LIBRARIES cd_desk)
foreach(test desk desk_crash desk_store)
  copydesk_unit_test(${test} SOURCES ${test}.c desk_support.c LIBRARIES cd_desk)
  target_compile_definitions(test_${test} PRIVATE TEST_PLUGINS="${CMAKE_BINARY_DIR}/tests/plugins")
  set_tests_properties(unit.${test} PROPERTIES TIMEOUT 300)
  add_dependencies(test_${test} copydesk-worker test_plugin_misbehave test_plugin_slow test_plugin_sequence
                   test_plugin_open_fails test_plugin_no_entry test_plugin_null_descriptor)
endforeach()
# The desk looks for its workers beside the program that it is in.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
file(CREATE_LINK ../copydesk-worker ${CMAKE_BINARY_DIR}/tests/copydesk-worker SYMBOLIC)
