# plugins/quote_extract: any text, any language, any mask.
copydesk_fuzz_target(quote_extract SOURCES quote_extract.c LIBRARIES quote_extract_core PkgConfig::UTF8PROC
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/quote_extract)
