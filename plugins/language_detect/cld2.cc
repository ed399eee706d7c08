/* SPDX-License-Identifier: Apache-2.0
 *
 * The only file that sees CLD2's header. Holds no state but the result of the last call; catches what C++ throws.
 */
#include "cld2.h"

#include <cerrno>
#include <cstdio> /* compact_lang_det.h uses FILE without including it */
#include <cstring>
#include <new>
#include <vector>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

struct ld_cld2 {
    CLD2::ResultChunkVector raw;
    std::vector<ld_cld2_chunk> chunks;
};

extern "C" ld_cld2 *ld_cld2_create(void) { return new (std::nothrow) ld_cld2; }

extern "C" void ld_cld2_destroy(ld_cld2 *cld2) { delete cld2; }

static void run(ld_cld2 *cld2, const char *text, int len, unsigned flags, ld_cld2_guess *out)
{
    CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    CLD2::Language language[LD_CLD2_TOP];
    bool reliable = false;
    bool plain = (flags & LD_CLD2_ENTITIES) == 0;
    int effort = (flags & LD_CLD2_BEST_EFFORT) ? CLD2::kCLDFlagBestEffort : 0;
    cld2->raw.clear();
    /* The return value is a summary that favours whatever is not English; the caller wants the largest share. */
    CLD2::ExtDetectLanguageSummary(text, len, plain, &hints, effort, language, out->percent, out->score, &cld2->raw,
                                   &out->letters, &reliable);
    for (int i = 0; i < LD_CLD2_TOP; i++)
        out->language[i] = language[i];
    out->reliable = reliable;
    cld2->chunks.clear();
    for (const CLD2::ResultChunk &chunk : cld2->raw) {
        if (chunk.offset < 0 || chunk.bytes <= 0 || chunk.offset > len - chunk.bytes)
            continue;
        uint32_t start = static_cast<uint32_t>(chunk.offset);
        cld2->chunks.push_back({start, start + static_cast<uint32_t>(chunk.bytes), chunk.lang1});
    }
}

extern "C" int ld_cld2_detect(ld_cld2 *cld2, const char *text, size_t len, unsigned flags, ld_cld2_guess *out)
{
    memset(out, 0, sizeof *out);
    if (len > LD_CLD2_MAX_BYTES)
        return -EMSGSIZE;
    try {
        run(cld2, text, static_cast<int>(len), flags, out);
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) { /* CLD2 throws nothing of its own; the standard library's length_error is the only other */
        return -EMSGSIZE;
    }
    return 0;
}

extern "C" size_t ld_cld2_chunks(const ld_cld2 *cld2, const ld_cld2_chunk **out)
{
    *out = cld2->chunks.data();
    return cld2->chunks.size();
}

extern "C" int32_t ld_cld2_languages(void) { return CLD2::NUM_LANGUAGES; }

extern "C" const char *ld_cld2_code(int32_t language)
{
    return CLD2::LanguageCode(static_cast<CLD2::Language>(language));
}

extern "C" int ld_cld2_has_full_tables(ld_cld2 *cld2)
{
    /* Hausa and Yoruba are in the full tables only. */
    static const char hausa[] = "Shugaban kasar ya ce gwamnatin za ta taimaka wa manoma a wannan shekara saboda ruwan "
                                "sama bai isa ba, kuma mutane da yawa sun rasa gidajensu a cikin jihar.";
    ld_cld2_guess guess;
    if (ld_cld2_detect(cld2, hausa, sizeof hausa - 1, 0, &guess) != 0)
        return 0;
    return strcmp(ld_cld2_code(guess.language[0]), "ha") == 0;
}
