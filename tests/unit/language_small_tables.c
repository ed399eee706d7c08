/* SPDX-License-Identifier: Apache-2.0
 *
 * CLD2 without its full tables: ld_cld2_has_full_tables says so. With them: language_detect.c.
 */
#include "cld2.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_small_tables_are_noticed(void **state)
{
    (void)state;
    ld_cld2 *cld2 = ld_cld2_create();
    assert_non_null(cld2);
    assert_int_equal(ld_cld2_has_full_tables(cld2), 0);
    ld_cld2_destroy(cld2);
}

static void codes_are_strings(void **state)
{
    (void)state;
    int32_t count = ld_cld2_languages(), hebrew = 0;
    for (int32_t i = 0; i < count; i++)
        hebrew += strcmp(ld_cld2_code(i), "iw") == 0;
    assert_int_equal(hebrew, 1);
}

static void too_long_a_text_is_refused(void **state)
{
    (void)state;
    ld_cld2_guess guess;
    ld_cld2 *cld2 = ld_cld2_create();
    assert_int_equal(ld_cld2_detect(cld2, "a", LD_CLD2_MAX_BYTES + 1, 0, &guess), -EMSGSIZE);
    ld_cld2_destroy(cld2);
    ld_cld2_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_tables_are_noticed),
        cmocka_unit_test(codes_are_strings),
        cmocka_unit_test(too_long_a_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
