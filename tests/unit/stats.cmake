copydesk_unit_test(stats SOURCES stats.c LIBRARIES cd_stats PkgConfig::JANSSON)
