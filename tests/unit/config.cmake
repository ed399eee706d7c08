foreach(part values errors kafka stages options files)
  copydesk_unit_test(config_${part} SOURCES config_${part}.c config_support.c LIBRARIES cd_config)
endforeach()
target_compile_definitions(test_config_files PRIVATE CONF_FOLDER="${CMAKE_CURRENT_LIST_DIR}/../../conf")
