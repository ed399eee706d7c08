/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip.c: what one article costs, and that hostile ones cost no more than their length.
 *
 * Prints microseconds of CPU time an article (judging and the body) for an invented story of some 3 kB with the usual
 * residue, and nanoseconds a byte for the worst inputs that we know, at 2.5 MB and at 10 MB. With --check the exit
 * status is 1 if the story takes more than four times its bar of 20 µs, or an input grows faster than its length.
 */
#include "article.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char story[] =
    "Sign up for our daily newsletter\n\n"
    "Old bridge of Hask stays closed until spring\n\n"
    "Engineers look at the deck of the old bridge in Hask on Monday, March 7, 2022. (Ilke Brandt/NWS via Getty "
    "Images)\n\n"
    "HASK (AP) — The river authority will not repair the old bridge before spring, its director said on Tuesday, and "
    "blamed "
    "a shortage of steel.\n\n"
    "“The bridge was never meant to carry lorries,” said Ilke Brandt, who has led the authority since 2014. “We told "
    "the council "
    "twice, and twice nobody answered.”\n\n"
    "Brandt, a civil engineer, described the design as “cheap” and “forty years out of date.” She said the repairs "
    "would cost "
    "some nine million crowns, a sum that the town of Hask does not have.\n\n"
    "Advertisement\n\n"
    "Mayor Tobias Roy disagreed. “Nobody told me anything,” he said in an interview on Monday. “If she had written, I "
    "would have "
    "read it.”\n\n"
    "According to a report by the ministry, the bridge is “safe for light traffic” until the autumn. The ministry's "
    "spokesman, "
    "Karim Odell, declined to say what would happen afterwards, but said that “no one should worry.”\n\n"
    "Read more: How the bridge came to Hask\n\n"
    "Residents on the east bank were less patient. “My children walk over it every day,” said Pia Lund, 41, a nurse at "
    "the "
    "county hospital, who lives in one of the last houses before the river. “You can see the water through the "
    "deck.\n\n"
    "“Last winter a plank went. They put a sign there that reads ‘caution’ and left.”\n\n"
    "Lund and two neighbours have collected 2,300 signatures. “That is every second grown-up in the town,” she "
    "said.\n\n"
    "The so-called “small solution” would close one lane for a year. Brandt called it “a plaster on a broken leg,” and "
    "the "
    "drivers' union, which speaks for the crews of the gravel works, warned that the detour of 31 kilometres would "
    "cost "
    "jobs. “We shall go to court,” the union said in a statement, “and we shall win.”\n\n"
    "Roy told the council that he would meet the ministry next week. “I am not an engineer,” the mayor said, “but I "
    "can count.” "
    "He added that a bridge without a deck was, in the words of his predecessor, “a very long diving board.”\n\n"
    "The first plank was laid in 1931. In the archive of the Hask Courier there is a photograph of the opening; on its "
    "back "
    "somebody wrote in pencil that the band had played too long, that the mayor had spoken too short, and that the "
    "bridge moved "
    "in the wind. Nobody has repaired the handrail since, and in the spring, when the snow melts in the hills above "
    "the town, "
    "the water comes up to the second row of rivets.\n\n"
    "Karim Odell contributed to this report.\n\n"
    "Follow us on Twitter and like us on Facebook.\n";

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(cs_article *article, const char *text, size_t len, char *body)
{
    static const cs_settings settings = {.threshold = 1, .kinds = ~0u, .find_headline = true};
    int rc = cs_article_run(article, (cd_str){text, len}, (cd_str){NULL, 0}, &settings, NULL, NULL);
    return rc < 0 ? rc : (cs_body(article, body), 0);
}

static double story_microseconds(cs_article *article, char *body)
{
    const int rounds = 5000;
    double best = 1e9;
    for (int lap = 0; lap < 5; lap++) {
        double start = cpu_seconds();
        for (int i = 0; i < rounds; i++)
            run(article, story, sizeof story - 1, body);
        double each = (cpu_seconds() - start) / rounds * 1e6;
        best = each < best ? each : best;
    }
    return best;
}

static const struct {
    const char *name, *pattern;
} hostile[] = {
    {"one word", "a"},
    {"words in one line", "sign up for our newsletter "},
    {"short lines", "a\n"},
    {"empty lines", "\n"},
    {"bullets", "*\n"},
    {"menu points", "* Home\n"},
    {"share lines", "Share\n*\n"},
    {"links", "Read more\nA headline of five words\n"},
    {"names", "Ann Lee\n"},
    {"brackets", "(AP/"},
    {"open brackets", "(((("},
    {"closed brackets", "(AP) (AP)"},
    {"credits", "A b. (Ann Lee/AP)\n"},
    {"credits in one line", "A b. (Ann Lee/AP) "},
    {"labels", "Photo: "},
    {"bars", "| AP "},
    {"notices", "This article was originally published by X. \n"},
    {"sentences", "Sign up. "},
    {"contributors", "Ann Lee contributed to this report. "},
    {"sign-offs", "(Reporting by "},
    {"addresses", "a.b-c@d.e "},
    {"at signs", "@a@a@a"},
    {"dots", "a.a.a."},
    {"prose", "This is a line of prose that has more than twelve words and a full stop.\n"},
    {"bios", "Ann Lee is a professor of law at the school and writes about the old bridge of Hask.\n"},
    {"wrapped", "a line that goes on and\n"},
    {"quotations in one line", "\"Sign up for our newsletter.\" We said so. "},
    {"speakers", "ANN LEE: Sign up for our newsletter.\n"},
    {"unknown houses", "A man. (Ann Lee/The Courier)\n"},
    {"quoted captions", "\"We are all here and we said so,\" he said. (Ann Lee/AP)\n"},
    {"apostrophes", "a'"},
    {"numbers", "1.2/"},
};

static char *repeat(const char *pattern, size_t size)
{
    size_t length = strlen(pattern), at = 0;
    char *text = malloc(size);
    for (; text && at + length <= size; at += length)
        memcpy(text + at, pattern, length);
    if (text)
        memset(text + at, ' ', size - at);
    return text;
}

static double nanoseconds_a_byte(cs_article *article, const char *pattern, size_t size, char *body)
{
    char *text = repeat(pattern, size);
    if (text == NULL)
        return 1e9;
    double start = cpu_seconds();
    int error = run(article, text, size, body);
    double taken = (cpu_seconds() - start) / (double)size * 1e9;
    free(text);
    return error ? 1e9 : taken;
}

int main(int argc, char **argv)
{
    int check = argc > 1 && !strcmp(argv[1], "--check"), bad = 0;
    const size_t small = 2500000, large = 10000000;
    char why[160], *body = malloc(large * 2 + 2);
    cs_vocabulary *vocabulary;
    cs_evidence *evidence;
    cs_article article;
    if (body == NULL || cs_load((cd_str){NULL, 0}, &vocabulary, &evidence, why, sizeof why))
        return 2;
    cs_article_init(&article, vocabulary, evidence);
    double each = story_microseconds(&article, body);
    printf("story of %zu bytes: %.1f µs, %zu spans\n", sizeof story - 1, each, article.span_count);
    bad |= each > 20.0 * 4; /* four times the bar: a check must not fail on a busy machine */
    printf("%-24s %10s %10s   ns a byte\n", "hostile", "2.5 MB", "10 MB");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        double first = nanoseconds_a_byte(&article, hostile[i].pattern, small, body);
        double second = nanoseconds_a_byte(&article, hostile[i].pattern, large, body);
        int slow = second > 2000 || second > first * 2.5 + 20;
        printf("%-24s %10.1f %10.1f%s\n", hostile[i].name, first, second, slow ? "   not linear" : "");
        bad |= slow;
    }
    cs_article_fini(&article);
    cs_evidence_destroy(evidence);
    cs_vocabulary_destroy(vocabulary);
    free(body);
    return check && bad;
}
