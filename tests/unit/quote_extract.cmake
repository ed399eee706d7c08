foreach(part lexicon marks speakers confidence memory)
  copydesk_unit_test(quote_${part} SOURCES quote_${part}.c quote_support.c LIBRARIES quote_extract_core)
endforeach()
target_link_options(test_quote_memory PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
