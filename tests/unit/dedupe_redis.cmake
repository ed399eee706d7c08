# The shared store against a real redis-server on loopback.
set(dedupe_redis_support dedupe_host.c dedupe_redis_server.c dedupe_redis_stream.c)
set(dedupe_redis_libraries dedupe_core PkgConfig::HIREDIS)
copydesk_unit_test(dedupe_redis_address SOURCES dedupe_redis_address.c LIBRARIES dedupe_core)
copydesk_unit_test(dedupe_redis SOURCES dedupe_redis.c ${dedupe_redis_support} LIBRARIES ${dedupe_redis_libraries})
copydesk_unit_test(dedupe_redis_faults SOURCES dedupe_redis_faults.c ${dedupe_redis_support} LIBRARIES ${dedupe_redis_libraries})
copydesk_unit_test(dedupe_redis_race SOURCES dedupe_redis_race.c ${dedupe_redis_support} LIBRARIES ${dedupe_redis_libraries})
