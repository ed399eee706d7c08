# daemon/article: one program a header, the corpus of tests/cases/json, and properties of generated input.
foreach(part decode json_read positions encode render spans corpus property memory)
  copydesk_unit_test(article_${part} SOURCES article_${part}.c article_support.c LIBRARIES cd_article)
  target_compile_definitions(test_article_${part} PRIVATE CORPUS="${CMAKE_CURRENT_LIST_DIR}/../cases/json")
  target_link_libraries(test_article_${part} PRIVATE PkgConfig::JANSSON)
endforeach()
target_link_options(test_article_memory PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray)
