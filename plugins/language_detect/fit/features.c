/* SPDX-License-Identifier: Apache-2.0
 *
 * usage: language_features [MODEL] < TEXTS
 *
 * Prints what detection saw in texts, for fit.py. Not installed. In, on standard input: for each text its length in
 * bytes, a line feed, the bytes, a line feed. Out: a line each, fields divided by tabs: code, confidence, card, then
 * the bucket of each feature. A first line names the features.
 */
#include "detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

static cd_str map_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        return (cd_str){NULL, 0};
    void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    return bytes == MAP_FAILED ? (cd_str){NULL, 0} : (cd_str){bytes, (size_t)st.st_size};
}

static void print(const ld_detector *detector, const ld_result *r)
{
    uint8_t bucket[LD_CONFIDENCE_FEATURES];
    int card = ld_confidence_buckets(&r->evidence, bucket);
    printf("%s\t%.4f\t%s", detector->languages.of[r->language].code, r->confidence, card ? "model" : "cld2");
    for (int i = 0; ld_confidence_feature(i); i++)
        printf("\t%d", bucket[i]);
    putchar('\n');
}

static int run(ld_detector *detector)
{
    size_t len;
    while (scanf("%zu", &len) == 1 && len <= LD_SAMPLE_MAX_BYTES && getchar() == '\n') {
        ld_result result;
        char *text = malloc(len + 1);
        if (text == NULL || fread(text, 1, len, stdin) != len || ld_detect(detector, (cd_str){text, len}, &result) != 0)
            return 2;
        print(detector, &result);
        free(text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static ld_detector detector;
    ld_settings settings = {.model = argc > 1 ? map_file(argv[1]) : (cd_str){NULL, 0}};
    const char *error = "cannot read the model";
    if ((argc > 1 && settings.model.ptr == NULL) || ld_detector_init(&detector, &settings, &error) != 0) {
        fprintf(stderr, "language_features: %s\n", error);
        return 2;
    }
    printf("code\tconfidence\tcard");
    for (int i = 0; ld_confidence_feature(i); i++)
        printf("\t%s", ld_confidence_feature(i));
    putchar('\n');
    int rc = run(&detector);
    ld_detector_fini(&detector);
    return rc;
}
