# daemon/cli: what is not the program itself.
copydesk_unit_test(input SOURCES input.c ${CMAKE_CURRENT_LIST_DIR}/../../daemon/cli/input.c LIBRARIES cd_desk)
copydesk_unit_test(pick SOURCES pick.c ${CMAKE_CURRENT_LIST_DIR}/../../daemon/cli/pick.c LIBRARIES cd_kafka)
set(top ${CMAKE_CURRENT_LIST_DIR}/../../daemon/cli/top)
copydesk_unit_test(top_rates SOURCES top_rates.c ${top}/rates.c LIBRARIES cd_article m)
copydesk_unit_test(top_show SOURCES top_show.c ${top}/show.c ${top}/page.c ${top}/rates.c ${top}/../words.c LIBRARIES cd_article m)
