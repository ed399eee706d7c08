# daemon/kafka, the parts without a broker.
copydesk_unit_test(offsets SOURCES offsets.c LIBRARIES cd_kafka)
