# daemon/kafka, the parts without a broker, or with librdkafka's mock cluster alone.
copydesk_unit_test(offsets SOURCES offsets.c LIBRARIES cd_kafka)
copydesk_unit_test(intake SOURCES intake.c kafka_support.c desk_support.c LIBRARIES cd_kafka PkgConfig::RDKAFKA)
target_compile_definitions(test_intake PRIVATE TEST_PLUGINS="${CMAKE_BINARY_DIR}/tests/plugins")
add_dependencies(test_intake copydesk-worker test_plugin_slow)
copydesk_unit_test(outlet SOURCES outlet.c kafka_support.c LIBRARIES cd_kafka PkgConfig::RDKAFKA)
copydesk_unit_test(replay SOURCES replay.c kafka_support.c LIBRARIES cd_kafka PkgConfig::RDKAFKA)
