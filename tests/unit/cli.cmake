# daemon/cli: what is not the program itself.
copydesk_unit_test(input SOURCES input.c ${CMAKE_CURRENT_LIST_DIR}/../../daemon/cli/input.c LIBRARIES cd_desk)
copydesk_unit_test(pick SOURCES pick.c ${CMAKE_CURRENT_LIST_DIR}/../../daemon/cli/pick.c LIBRARIES cd_kafka)
