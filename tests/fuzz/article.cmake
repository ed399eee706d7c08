# daemon/article: payloads as they come from Kafka, and pointers into annotations.
copydesk_fuzz_target(decode SOURCES decode.c LIBRARIES cd_article CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/decode
                     ${CMAKE_CURRENT_LIST_DIR}/../cases/json/accept ${CMAKE_CURRENT_LIST_DIR}/../cases/json/refuse)
copydesk_fuzz_target(json_lookup SOURCES json_lookup.c LIBRARIES cd_article
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/json_lookup)
