/* SPDX-License-Identifier: Apache-2.0
 *
 * See kafka_support.h.
 */
#include "kafka_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

cd_config *kafka_config(rd_kafka_mock_cluster_t *brokers, const char *more)
{
    char path[] = "/tmp/copydesk-kafka-XXXXXX";
    cd_config *config;
    cd_problems problems = {0};
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fprintf(file,
            "kafka = { common = [\"bootstrap.servers=%s\"]; };\n"
            "input = { topics = [\"raw\"]; }; dead_letters = { topic = \"dead\"; };\n"
            "stages = ( { plugin = \"language_detect\"; } );\n%s",
            rd_kafka_mock_cluster_bootstraps(brokers), more);
    assert_int_equal(fclose(file), 0);
    int failed = cd_config_load(path, NULL, 0, CD_CONFIG_KAFKA, &config, &problems);
    cd_problems_write(&problems, stderr);
    cd_problems_fini(&problems);
    unlink(path);
    assert_int_equal(failed, 0);
    return config;
}
