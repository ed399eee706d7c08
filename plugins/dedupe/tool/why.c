/* SPDX-License-Identifier: Apache-2.0
 *
 * why.c: `copydesk dedupe why`: the search for one article once more, by the plugin's own code, telling with what it was
 * compared, how close that was, and which rule made of it what. For an article of the store: among what is older than it,
 * as the store is now. For one in a file: among all that is in sight.
 */
#include <copydesk/sdk.h>
#include <errno.h>

#include "article.h"
#include "match.h"
#include "pick.h"
#include "show.h"

#define SEEN_MAX 128 /* the search compares fewer: word-for-word copies of one list, and 32 others */

typedef struct seen {
    char *id;
    size_t id_length;
    char *topic;
    dd_owner owner;
    dd_likeness likeness;
    dd_verdict verdict;
    uint32_t tokens;
    int dropped;
} seen;

typedef struct question {
    const tool *t;
    dd_store *store;
    dd_matcher matcher;
    seen seen[SEEN_MAX];
    size_t count;
    uint32_t tokens; /* of the article in question */
    cd_json json;
} question;

static void note(void *context, const dd_record *other, const dd_likeness *likeness, const dd_verdict *verdict)
{
    question *q = context;
    if (q->count == SEEN_MAX)
        return;
    seen s = {.id = strndup(other->id.ptr, other->id.len),
              .id_length = other->id.len,
              .topic = strndup(other->owner.topic.ptr, other->owner.topic.len),
              .owner = other->owner,
              .likeness = *likeness,
              .verdict = *verdict,
              .tokens = other->fingerprint.print.tokens,
              .dropped = other->dropped};
    s.owner.topic.ptr = s.topic;
    q->seen[q->count++] = s;
}

static void forget_seen(question *q)
{
    for (size_t i = 0; i < q->count; i++) {
        free(q->seen[i].id);
        free(q->seen[i].topic);
    }
    q->count = 0;
}

/* ---- the rule behind a verdict ---- */

static void explain(const question *q, const seen *s, char *out, size_t size)
{
    const dd_thresholds asked = dd_thresholds_for(q->t->settings.level, q->tokens, s->tokens), *t = &asked;
    const dd_likeness *l = &s->likeness;
    int near = l->jaccard >= t->jaccard;
    switch (s->verdict.relation) {
    case DD_EXACT: snprintf(out, size, "the same words in the same order"); break;
    case DD_NEAR:
        if (near)
            snprintf(out, size, "jaccard is %.2f or more", t->jaccard);
        else
            snprintf(out, size, "jaccard is %.2f or more, and the figures agree", t->jaccard_agreeing);
        break;
    case DD_CONTAINS:
    case DD_CONTAINED:
        snprintf(out, size, "containment is %.2f or more; %s", t->containment,
                 s->verdict.relation == DD_CONTAINS ? "this article is the longer one" : "this article is the shorter one");
        break;
    case DD_TEMPLATE:
        snprintf(out, size, "alike, but of %u figures %u agree, fewer than %.0f in 100", l->numbers, l->numbers_agree,
                 t->numbers * 100);
        break;
    case DD_RELATED: snprintf(out, size, "jaccard below %.2f, containment below %.2f", t->jaccard, t->containment); break;
    default:
        if (q->tokens < DD_TOKENS_MIN || s->tokens < DD_TOKENS_MIN)
            snprintf(out, size, "a text of fewer than %d words is compared word for word only", DD_TOKENS_MIN);
        else
            snprintf(out, size, "hardly anything in common");
    }
}

/* ---- for people ---- */

static void print_seen(const question *q, const dd_record *decided)
{
    char rule[160];
    if (q->tokens < DD_TOKENS_MIN)
        printf("  fewer than %d words: compared word for word only\n", DD_TOKENS_MIN);
    if (q->count == 0)
        puts("  nothing that shares as much as two of its rarest word triples");
    for (size_t i = 0; i < q->count; i++) {
        const seen *s = &q->seen[i];
        int chosen = decided->of_id.ptr != NULL && dd_owner_equal(&decided->of, &s->owner);
        explain(q, s, rule, sizeof rule);
        printf("%c ", chosen ? '*' : ' ');
        show_who(stdout, (cd_str){s->id, s->id_length}, &s->owner);
        printf(": %s%s\n    jaccard %.3f, containment %.3f, by %u hashes; figures: %u of %u agree%s\n    %s\n",
               dd_relation_name(s->verdict.relation), s->verdict.sure ? ", surely" : "", s->likeness.jaccard,
               s->likeness.containment, s->likeness.comparable, s->likeness.numbers_agree, s->likeness.numbers,
               s->dropped ? "; was dropped itself" : "", rule);
    }
}

static void print_answer(const question *q, const dd_record *decided, const dd_record *stored)
{
    static const char *const levels[] = {"default", "ocr", "strict"};
    const dd_thresholds *t = dd_thresholds_of(q->t->settings.level), *sure = dd_thresholds_of(DD_STRICT);
    show_who(stdout, decided->id, &decided->owner);
    printf(": %u words, %u figures sampled\n", decided->fingerprint.print.tokens, decided->fingerprint.print.number_count);
    if (stored != NULL) {
        fputs("answered: ", stdout);
        show_answer(stdout, stored);
        puts(stored->dropped ? ", dropped" : "");
    }
    fputs(stored ? "today:    " : "answer:   ", stdout);
    show_answer(stdout, decided);
    putchar('\n');
    printf("profile %s: near from a jaccard of %.2f (%.2f if the figures agree), contains and contained from a containment of "
           "%.2f,\n  template if fewer than %.0f in 100 figures agree; sure, and so fit for dropping, from %.2f and %.2f;\n  more is asked "
           "where both texts have fewer than %d words\n",
           levels[q->t->settings.level], t->jaccard, t->jaccard_agreeing, t->containment, t->numbers * 100, sure->jaccard,
           sure->containment, DD_TOKENS_SHORT);
    printf("compared with %zu (* is the one it was judged by):\n", q->count);
    print_seen(q, decided);
}

/* ---- as JSON ---- */

static void json_seen(question *q, const seen *s)
{
    char rule[160];
    cd_json *w = &q->json;
    explain(q, s, rule, sizeof rule);
    cd_json_object(w);
    show_json_who(w, (cd_str){s->id, s->id_length}, &s->owner);
    cd_json_key(w, "relation");
    cd_json_cstring(w, dd_relation_name(s->verdict.relation));
    cd_json_key(w, "sure");
    cd_json_boolean(w, s->verdict.sure);
    cd_json_key(w, "jaccard");
    cd_json_number(w, s->likeness.jaccard, 3);
    cd_json_key(w, "containment");
    cd_json_number(w, s->likeness.containment, 3);
    cd_json_key(w, "hashes");
    cd_json_integer(w, s->likeness.comparable);
    cd_json_key(w, "figures");
    cd_json_integer(w, s->likeness.numbers);
    cd_json_key(w, "figures_agree");
    cd_json_integer(w, s->likeness.numbers_agree);
    cd_json_key(w, "rule");
    cd_json_cstring(w, rule);
    cd_json_object_end(w);
}

static int write_answer(question *q, const dd_record *decided, const dd_record *stored)
{
    cd_json *w = &q->json;
    cd_json_object(w);
    show_json_who(w, decided->id, &decided->owner);
    cd_json_key(w, "words");
    cd_json_integer(w, decided->fingerprint.print.tokens);
    if (stored != NULL) {
        cd_json_key(w, "answered");
        cd_json_object(w);
        show_json_answer(w, stored);
        cd_json_object_end(w);
    }
    cd_json_key(w, stored ? "today" : "answer");
    cd_json_object(w);
    show_json_answer(w, decided);
    cd_json_object_end(w);
    cd_json_key(w, "compared");
    cd_json_array(w);
    for (size_t i = 0; i < q->count; i++)
        json_seen(q, &q->seen[i]);
    cd_json_array_end(w);
    cd_json_object_end(w);
    return show_json_line(w);
}

/* ---- the question ---- */

/* `decided` has fingerprint, id and owner; `stored` is what the store has of it, or NULL. */
static int ask(question *q, dd_record *decided, const dd_record *stored)
{
    q->tokens = decided->fingerprint.print.tokens;
    forget_seen(q);
    int rc = dd_match(&q->matcher, q->store, decided, q->t->settings.level);
    if (rc != 0)
        tool_say("the store cannot be read: %s", strerror(-rc));
    else if (q->t->json)
        rc = write_answer(q, decided, stored);
    else
        print_answer(q, decided, stored);
    return rc == 0 ? 0 : TOOL_FAILED;
}

static int ask_stored(question *q, const char *article)
{
    dd_refs found = {0};
    dd_slot stored = {0}, asked = {0};
    int status = 0, rc = pick_articles(q->store, article, &found);
    for (size_t i = 0; i < found.count && rc == 0; i++) {
        rc = dd_store_read(q->store, found.ref[i], &stored);
        if (rc == 0)
            rc = dd_store_read(q->store, found.ref[i], &asked);
        if (rc != 0)
            break;
        dd_store_look_back(q->store, stored.record.clock);
        q->matcher.before = found.ref[i];
        status |= ask(q, &asked.record, &stored.record);
    }
    if (rc == 0 && found.count == 0)
        tool_say("the store has no article %s", article);
    else if (rc != 0)
        tool_say("%s: %s", article, rc == -ENOENT ? "it was forgotten" : strerror(-rc));
    dd_slot_fini(&stored);
    dd_slot_fini(&asked);
    if (rc == 0 && found.count == 0)
        rc = -ENOENT;
    dd_refs_fini(&found);
    return rc == 0 ? status : TOOL_FAILED;
}

static int ask_new(question *q, tool *t)
{
    char why[200];
    json_error_t error;
    static reader r;
    static dd_record record;
    int from_stdin = strcmp(t->article, "-") == 0, status = TOOL_FAILED;
    json_t *root = from_stdin ? json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error) : json_load_file(t->article, 0, &error);
    if (root == NULL) {
        tool_say("%s: %s (line %d)", t->article, error.text, error.line);
        return TOOL_FAILED;
    }
    int64_t timestamp;
    if (reader_owner(root, &record.owner, &timestamp) != 0)
        record.owner = (dd_owner){CD_LIT("-"), 0, 0};
    if (reader_init(&r, t) != 0 || reader_read(&r, root, &record.owner, why, sizeof why) != 0) {
        tool_say("%s: %s", t->article, r.worker ? why : "dedupe cannot be opened");
    } else {
        if (dd_blob_read((cd_str){r.article.blob, r.article.blob_length}, &record.fingerprint, &record.id) == 0)
            status = ask(q, &record, NULL);
    }
    reader_fini(&r);
    json_decref(root);
    return status;
}

int tool_why(tool *t, int count, char **arguments)
{
    if ((count == 0) == (t->article == NULL)) {
        tool_say("why which ARTICLE of the store, or --article=FILE?");
        return TOOL_USAGE;
    }
    static question q;
    q = (question){.t = t, .store = tool_open_reading(t)};
    if (q.store == NULL)
        return TOOL_FAILED;
    int status = dd_matcher_init(&q.matcher) == 0 ? 0 : TOOL_FAILED;
    q.matcher.watch = note;
    q.matcher.watch_context = &q;
    if (status == 0 && t->article != NULL)
        status = ask_new(&q, t);
    for (int i = 0; i < count && t->article == NULL && q.matcher.refs != NULL; i++)
        status |= ask_stored(&q, arguments[i]);
    forget_seen(&q);
    dd_matcher_fini(&q.matcher);
    cd_json_free(&q.json);
    dd_store_close(q.store);
    return status;
}
