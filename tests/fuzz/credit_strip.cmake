# plugins/credit_strip: any text, any title, any table.
copydesk_fuzz_target(credit_strip SOURCES credit_strip.c LIBRARIES credit_strip_core
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/credit_strip)
