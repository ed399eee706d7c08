# plugins/language_detect: the pure parts one by one, then detection as a whole.
foreach(part html text tables close confidence model policy detect)
  copydesk_unit_test(language_${part} SOURCES language_${part}.c LIBRARIES language_detect_core m)
endforeach()

# Linked with libcld2 alone: the small tables have to be noticed.
find_library(CLD2_LIBRARY cld2 REQUIRED)
copydesk_unit_test(language_small_tables
  SOURCES language_small_tables.c ${CMAKE_CURRENT_LIST_DIR}/../../plugins/language_detect/cld2.cc
  LIBRARIES ${CLD2_LIBRARY})
target_include_directories(test_language_small_tables PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../../plugins/language_detect)
