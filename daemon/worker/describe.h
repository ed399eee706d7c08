/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/describe.h: what a plugin says of itself, for `copydesk probe`, which does not load plugins.
 *
 * One JSON object:
 *   {"name", "version", "summary", "member", "abi": {"major", "minor"} as the plugin needs it, "flags", "reads": […],
 *    "store": true if it has a store half, "forget", "watermark", "same": the entry function gave the same twice,
 *    "options": [{"name", "help", "expects": in words, "default": null if it is required, "flags",
 *                 "edges": values of its range, both ends or every choice, as one writes them}]} */
#ifndef COPYDESK_WORKER_DESCRIBE_H
#define COPYDESK_WORKER_DESCRIBE_H

#include "worker/pipeline.h"

#include <copydesk/json.h>

/* The first stage's plugin; its entry function is called once more. 0, -ENOMEM, or -EINVAL with a problem. */
int cd_describe(const cd_pipeline *pipeline, cd_json *out, cd_problems *problems);

#endif
