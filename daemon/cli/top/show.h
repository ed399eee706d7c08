/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/show.h: what stands where on the page of `copydesk top`. */
#ifndef COPYDESK_CLI_TOP_SHOW_H
#define COPYDESK_CLI_TOP_SHOW_H

#include "cli/top/page.h"
#include "cli/top/rates.h"

/* The name of an order, and the order of a name; CD_TOP_ORDERS: there is none of that name. */
const char *cd_top_order_name(cd_top_order order);
cd_top_order cd_top_order_of(const char *name);

/* Appends to the page, of which no line is under way. */
void cd_top_show(cd_page *page, const cd_top_sample *sample, const cd_top_rates *rates);
void cd_top_show_help(cd_page *page);

#endif
