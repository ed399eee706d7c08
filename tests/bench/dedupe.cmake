# bench_dedupe [ARTICLES [FOLDER [full|data|none [BATCH]]]]: dedupe's reading of a text, and its store.
add_executable(bench_dedupe ${CMAKE_CURRENT_LIST_DIR}/dedupe.c ${CMAKE_CURRENT_LIST_DIR}/dedupe_articles.c
               ${CMAKE_CURRENT_LIST_DIR}/../unit/dedupe_host.c)
target_include_directories(bench_dedupe PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../unit)
target_link_libraries(bench_dedupe PRIVATE dedupe_core PkgConfig::XXHASH PkgConfig::UTF8PROC PkgConfig::LMDB)
set_target_properties(bench_dedupe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
