/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/reload.c: from one crew to the next, and the store with it.
 *
 * The new crew is started beside the old one and proves itself: every plugin loaded, every option checked, every stage opened.
 * Then dispatch switches; no partition is given up and nothing is handed out twice. The old crew finishes what it has. The store
 * has one folder and so there is one store at a time: the old one goes when the claims of its crew are answered, and until
 * the new one is up the claims of the new crew wait. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <stdlib.h>

static void refuse(cd_desk *desk)
{
    free(desk->reload_refusal);
    desk->reload_refusal = strdup(desk->incoming->refusal ? desk->incoming->refusal : "the new workers did not start");
    cd_crew_destroy(desk->incoming);
    desk->incoming = NULL;
}

static void promote(cd_desk *desk)
{
    cd_log_notice("reloaded: pipeline %s, before %s", desk->incoming->fingerprint, desk->crew->fingerprint);
    TAILQ_INSERT_TAIL(&desk->leaving, desk->crew, link);
    desk->crew->leaving = true;
    desk->crew = desk->incoming;
    desk->incoming = NULL;
    desk->config = desk->crew->config;
    desk->budget.limit = (uint64_t)desk->config->desk.memory;
    cd_breakers_set(desk);
}

/* A crew is done with when its workers are gone, no record remembers it and its store has given way. */
static void part(cd_desk *desk)
{
    cd_crew *next;
    for (cd_crew *crew = TAILQ_FIRST(&desk->leaving); crew; crew = next) {
        next = TAILQ_NEXT(crew, link);
        if (!cd_crew_dismiss(crew) || crew->records > 0 || desk->store.crew == crew)
            continue;
        TAILQ_REMOVE(&desk->leaving, crew, link);
        cd_crew_destroy(crew);
    }
}

void cd_reload_tend(cd_desk *desk)
{
    if (desk->incoming && desk->incoming->refusal)
        refuse(desk);
    if (desk->incoming && cd_crew_ready(desk->incoming))
        promote(desk);
    part(desk);
}

/* ---- the store ---- */

static bool claims(const cd_record_list *list, const cd_crew *crew)
{
    const cd_record *record;
    TAILQ_FOREACH(record, list, link)
        if (record->crew == crew)
            return true;
    return false;
}

/* The crew that the store has to serve now: the oldest that has claims. Its finished records that wait behind others run again with the
 * new crew (release.c), so that no crew waits for a lane. */
static cd_crew *served(const cd_desk *desk)
{
    cd_crew *crew;
    TAILQ_FOREACH(crew, &desk->leaving, link)
        if (claims(&desk->claims, crew) || claims(&desk->undecided, crew) || claims(&desk->store.records, crew))
            return crew;
    return desk->crew->has_store ? desk->crew : NULL;
}

static void start_store(cd_desk *desk, cd_crew *crew)
{
    cd_error error = {0};
    if (cd_crew_start_child(crew, &desk->store, &error) == 0)
        return;
    cd_log_keyed(CD_LEVEL_ERROR, "store", "%s", error.text);
    desk->respawn_ns = cd_clock_monotonic_ns() + CD_NS_PER_S;
}

void cd_reload_tend_store(cd_desk *desk)
{
    cd_crew *crew = served(desk);
    if (crew == NULL)
        desk->claims_at_ns = 0; /* nobody claims any more */
    if (desk->store.state == CD_CHILD_GONE) {
        desk->store.crew = NULL;
        if (crew && crew->refusal == NULL)
            start_store(desk, crew);
    } else if (desk->store.crew != crew && desk->store.state == CD_CHILD_READY) {
        cd_child_stop(&desk->store); /* a full ring: the next round tries again */
    }
}

/* ---- from outside ---- */

int cd_desk_reload(cd_desk *desk, cd_config *config, cd_error *error)
{
    free(desk->reload_refusal);
    desk->reload_refusal = NULL;
    cd_crew_destroy(desk->incoming); /* a reload overtaken by the next one */
    desk->incoming = NULL;
    int result = cd_crew_create(desk, config, config, &desk->incoming, error);
    if (result)
        desk->reload_refusal = strdup(error->text);
    return result;
}

bool cd_desk_reloading(const cd_desk *desk) { return desk->incoming != NULL; }
const char *cd_desk_reload_refusal(const cd_desk *desk) { return desk->reload_refusal; }
