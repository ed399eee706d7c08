# bench_dedupe_redis [ARTICLES [BATCH [MACHINES]]]: dedupe's shared store, against a redis-server that it starts.
add_executable(bench_dedupe_redis ${CMAKE_CURRENT_LIST_DIR}/dedupe_redis.c ${CMAKE_CURRENT_LIST_DIR}/dedupe_articles.c
               ${CMAKE_CURRENT_LIST_DIR}/../unit/dedupe_host.c
               ${CMAKE_CURRENT_LIST_DIR}/../unit/dedupe_redis_server.c)
target_include_directories(bench_dedupe_redis PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../unit)
target_link_libraries(bench_dedupe_redis PRIVATE dedupe_core PkgConfig::HIREDIS)
set_target_properties(bench_dedupe_redis PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
