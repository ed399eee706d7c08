/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text through language_detect; the first byte chooses how HTML is handled and how much is sampled. The host hands
 * over valid UTF-8 only, so what is not is made so first. The answer must be one that can be printed, and the same
 * twice.
 */
#include "detect.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int true_)
{
    if (!true_)
        abort();
}

/* Valid UTF-8 of whatever came: broken bytes and surrogates become question marks. Returns the length. */
static size_t make_valid(char *out, const uint8_t *data, size_t size)
{
    static const uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    const char *at = (const char *)data, *end = at + size;
    size_t len = 0;
    while (at < end) {
        uint32_t cp;
        size_t used = ld_utf8_read(at, end, &cp);
        int broken = (uint8_t)*at >= 0x80 &&
                     (used == 1 || cp < shortest[used] || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000));
        len += ld_utf8_write(out + len, broken ? '?' : cp);
        at += broken ? 1 : used;
    }
    return len;
}

static void check(const ld_detector *detector, const ld_result *r)
{
    double sum = 0;
    require(r->language < detector->languages.count);
    require(strlen(r->script) == 4 && strlen(r->tag) >= 2);
    require(r->confidence >= 0 && r->confidence <= 1);
    require((r->language == LD_UND) == (r->confidence == 0 && r->shares.count == 0) || r->language != LD_UND);
    for (uint32_t i = 0; i < r->shares.count; i++) {
        require(r->shares.of[i].language != LD_UND && r->shares.of[i].share > 0);
        require(i == 0 || r->shares.of[i].share <= r->shares.of[i - 1].share);
        sum += r->shares.of[i].share;
    }
    require(sum < 1.001);
    require(r->language == LD_UND || r->shares.of[0].language == detector->languages.of[r->language].base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ld_detector detector;
    static const size_t caps[] = {0, 256, 1024, 4096};
    ld_settings settings = {.min_confidence = 0.1};
    const char *error;
    if (detector.cld2 == NULL)
        require(ld_detector_init(&detector, &settings, &error) == 0);
    if (size == 0)
        return 0;
    char *text = malloc(size);
    require(text != NULL);
    size_t len = make_valid(text, data + 1, size - 1);
    settings.html = data[0] % 3;
    settings.sample_bytes = caps[data[0] / 3 % 4];
    detector.settings = settings;
    ld_result once, twice;
    require(ld_detect(&detector, (cd_str){text, len}, &once) == 0);
    check(&detector, &once);
    require(ld_detect(&detector, (cd_str){text, len}, &twice) == 0);
    require(once.language == twice.language && once.confidence == twice.confidence);
    free(text);
    return 0;
}
