/* SPDX-License-Identifier: Apache-2.0
 *
 * article/scanner.cc: simdjson's first stage behind a C interface. The only C++ of the daemon, and the only file that
 * includes simdjson. Nothing here throws.
 */
#include "article/scanner.h"

#include <cerrno>
#include <memory>
#include <new>
#include <simdjson.h>

namespace
{
constexpr size_t kSmall = size_t{64} << 10; /* capacity that is kept whatever comes */
constexpr size_t kLarge = size_t{1} << 20;  /* above this, capacity is given back when texts become small again */
} // namespace

struct cd_scanner {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

static int resize(cd_scanner *scanner, size_t capacity)
{
    simdjson::error_code error;
    if (scanner->parser)
        error = scanner->parser->set_capacity(capacity);
    else /* the depth is for its second stage, which is not used */
        error = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, scanner->parser);
    if (!error)
        return 0;
    scanner->parser.reset();
    return -ENOMEM;
}

cd_scanner *cd_scanner_create(void)
{
    cd_scanner *scanner = new (std::nothrow) cd_scanner;
    if (scanner != nullptr && resize(scanner, kSmall) != 0) {
        delete scanner;
        return nullptr;
    }
    return scanner;
}

void cd_scanner_destroy(cd_scanner *scanner) { delete scanner; }

int cd_scanner_run(cd_scanner *scanner, const char *bytes, size_t len, const uint32_t **positions, size_t *count)
{
    if (len == 0)
        return -EBADMSG;
    if (len > CD_SCANNER_MAX_BYTES)
        return -EMSGSIZE;
    size_t capacity = scanner->parser ? scanner->parser->capacity() : 0;
    if (len > capacity || (capacity > kLarge && len <= kSmall)) {
        /* 4 bytes of positions for each byte of text: no slack where that is much. */
        int rc = resize(scanner, len <= kSmall ? kSmall : len < kLarge ? len + len / 4 : len);
        if (rc != 0)
            return rc;
    }
    auto error = scanner->parser->stage1(reinterpret_cast<const uint8_t *>(bytes), len, simdjson::stage1_mode::regular);
    if (error == simdjson::MEMALLOC)
        return -ENOMEM;
    if (error)
        return -EBADMSG;
    *positions = scanner->parser->structural_indexes.get();
    *count = scanner->parser->n_structural_indexes;
    scanner->parser->structural_indexes[*count] = static_cast<uint32_t>(len);
    return 0;
}

int cd_scanner_utf8_valid(const char *bytes, size_t len) { return len == 0 || simdjson::validate_utf8(bytes, len); }
