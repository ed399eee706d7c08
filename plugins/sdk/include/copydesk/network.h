/* SPDX-License-Identifier: Apache-2.0
 *
 * copydesk/network.h: the service "copydesk.network/1": a store half that talks to a server.
 *
 * A child's sandbox has no sockets. A store half that keeps its memory on a server asks for them in `store_open`, where
 * the sandbox is still open, and only if its options make it need them:
 *
 *     const cd_network *network = host->service(stage, CD_NETWORK);
 *     if (network == NULL || network->need(stage) != 0)
 *         return -ENOTSUP;
 *
 * Afterwards the store process may make TCP connections over IPv4 and IPv6: socket, connect, setsockopt, getsockopt, sendto,
 * recvfrom, shutdown, and poll. It may not listen, and no file is there to look up names with: resolve them in
 * `store_open`. A worker never gets sockets, whatever it asks for. All stages' store halves share one process, so what
 * one of them asks for the others have too.
 */
#ifndef COPYDESK_NETWORK_H
#define COPYDESK_NETWORK_H

#include <copydesk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CD_NETWORK "copydesk.network/1"

typedef struct cd_network {
    uint32_t size; /* sizeof(cd_network) as the host was compiled */
    uint32_t reserved; /* 0 */
    /* Thread: the instance's own; in store_open. 0, or -errno if the host can't. */
    int32_t (*need)(cd_stage *stage);
} cd_network;

#ifdef __cplusplus
}
#endif
#endif
