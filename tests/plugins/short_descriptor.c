/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/short_descriptor.c: a plugin whose descriptor is shorter than the first version's. It must be refused, and what
 * lies behind the size that it says must not be read.
 */
#include <copydesk/plugin.h>

typedef struct descriptor_head {
    uint32_t abi_major, abi_minor_needed, size, flags;
} descriptor_head;

const cd_plugin *copydesk_plugin(void)
{
    static const descriptor_head head = {COPYDESK_ABI_MAJOR, 0, sizeof(descriptor_head), 0};
    return (const cd_plugin *)(const void *)&head;
}
