# plugins/dedupe: claims from a worker that is not to be trusted, and records from a file that may be damaged.
copydesk_fuzz_target(dedupe_blob SOURCES dedupe_blob.c ${CMAKE_CURRENT_LIST_DIR}/../unit/dedupe_host.c
                     LIBRARIES dedupe_core PkgConfig::XXHASH PkgConfig::UTF8PROC PkgConfig::LMDB
                     CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/dedupe_blob)
target_include_directories(fuzz_dedupe_blob PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../unit)
