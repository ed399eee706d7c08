/* SPDX-License-Identifier: Apache-2.0
 *
 * config/properties.h: the parts of reading Kafka properties that other files share. Private to config/.
 */
#ifndef CD_CONFIG_PROPERTIES_H
#define CD_CONFIG_PROPERTIES_H

#include "config/load.h"

/* What stands behind the '=' of a property, expanded. `secret`: it came from outside of the file. NULL with a problem
 * that names `property` and never a value. */
const char *cd_property_expand(cd_load *load, const cd_setting *place, const char *property, const char *raw,
                               bool *secret);

/* If Copydesk owns the property: what to use instead. Else NULL. */
const char *cd_property_owner(const char *name);

#endif
