# The yardstick of kafka_bench.py: Kafka in, Kafka out, nothing between.
add_executable(bench_echo echo.c)
target_link_libraries(bench_echo PRIVATE PkgConfig::RDKAFKA)
set_target_properties(bench_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
