# daemon/article: what decoding and encoding an article costs.
add_executable(bench_article article.c)
target_link_libraries(bench_article PRIVATE cd_article PkgConfig::JANSSON)
set_target_properties(bench_article PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
