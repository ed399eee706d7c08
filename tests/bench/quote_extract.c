/* SPDX-License-Identifier: Apache-2.0
 *
 * quote_extract.c: what one article costs, and that hostile ones cost no more than their length.
 *
 * Prints microseconds of CPU time an article for an invented story of some 3 kB, and nanoseconds a byte for the worst
 * inputs that we know, at one size and at four times that size (larger ones are cut at QE_MOST_TOKENS): the ratio tells
 * linear from worse, and 10 MB of each for the time. With
 * --check the exit status is 1 if a bound is broken.
 */
#include "article.h"

#include <copydesk/tables.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char story[] =
    "HASK (NWS) — The river authority will not repair the old bridge before spring, its director said on Tuesday, and "
    "blamed "
    "a shortage of steel.\n\n"
    "“The bridge was never meant to carry lorries,” said Ilke Brandt, who has led the authority since 2014. “We told "
    "the council "
    "twice, and twice nobody answered.”\n\n"
    "Brandt, a civil engineer, described the design as “cheap” and “forty years out of date.” She said the repairs "
    "would cost "
    "some nine million crowns, a sum that the town of Hask does not have.\n\n"
    "Mayor Tobias Roy disagreed. “Nobody told me anything,” he said in an interview on Monday. “If she had written, I "
    "would have "
    "read it.”\n\n"
    "According to a report by the ministry, the bridge is “safe for light traffic” until the autumn. The ministry's "
    "spokesman, "
    "Karim Odell, declined to say what would happen afterwards, but said that “no one should worry.”\n\n"
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
    "the water comes up to the second row of rivets. The ferry that once ran beside it was sold in 1952.\n";

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int load(qe_lexicon *lexicon)
{
    unsigned line;
    for (const cd_table *table = cd_tables; table->name; table++)
        if (!strcmp(table->name, "en"))
            return qe_lexicon_load(lexicon, "en", table->start, table->end, &line);
    return -1;
}

static double story_microseconds(qe_article *article, const qe_lexicon *lexicon)
{
    const int rounds = 5000;
    double best = 1e9;
    for (int lap = 0; lap < 5; lap++) {
        double start = cpu_seconds();
        for (int i = 0; i < rounds; i++)
            qe_article_read(article, (cd_str){story, sizeof story - 1}, lexicon, 0, NULL, 0);
        double each = (cpu_seconds() - start) / rounds * 1e6;
        best = each < best ? each : best;
    }
    return best;
}

/* ---- hostile texts: a pattern over and over
 * -------------------------------------------------------------------------- */

static const struct {
    const char *name, *pattern;
} hostile[] = {
    {"quotation marks", "\""},
    {"opening marks", "“"},
    {"closing marks", "”"},
    {"spaced marks", " \" "},
    {"a quoted letter", "“a” "},
    {"one mark a paragraph", "\"a\n"},
    {"marks never closed", "“We go, \n“We stay, "},
    {"single openers", "‘a "},
    {"names", "Aa Bb said. "},
    {"namesakes", "%N Smith said. "},
    {"pronouns", "“Yes,” he said. "},
    {"commas", ", a"},
    {"cues", "said "},
    {"capitals", "Aa "},
    {"one word", "a"},
    {"colons", "AB: CD: "},
    {"line breaks", "\n"},
    {"brothers", "her brother Leo, "},
    {"couples", "Ada and Ruth Kessel said “a.” "},
    {"pronouns in a row", "He said that he “a b c d e f g h.” "},
    {"epithets", "Jo Lund met Al Kane. “Yes,” the Spaniard said. "},
    {"names as labels", "Jo Halmos\nTribune: a\nHalmos: b\n"},
    {"asides", "Lund said, who said that she said “a”, "},
    {"one runaway mark", "%Mthe town said so. "},
};

static char *repeat(const char *pattern, size_t size)
{
    size_t length = strlen(pattern), at = 0;
    char *text = malloc(size + 64);
    if (text == NULL)
        return NULL;
    unsigned count = 0;
    if (!strncmp(pattern, "%M", 2)) { /* one mark before all of it */
        text[at++] = '"';
        pattern += 2;
        length -= 2;
    }
    while (at + length + 16 < size) {
        if (!strncmp(pattern, "%N", 2))
            at += (size_t)sprintf(text + at, "N%x%s", count++, pattern + 2);
        else
            memcpy(text + at, pattern, length), at += length;
    }
    memset(text + at, ' ', size - at);
    return text;
}

static double nanoseconds_a_byte(qe_article *article, const qe_lexicon *lexicon, const char *pattern, size_t size)
{
    char *text = repeat(pattern, size);
    if (text == NULL)
        return 0;
    double start = cpu_seconds();
    int error = qe_article_read(article, (cd_str){text, size}, lexicon, 0, NULL, 0);
    double taken = (cpu_seconds() - start) / (double)size * 1e9;
    free(text);
    return error ? 1e9 : taken;
}

int main(int argc, char **argv)
{
    int check = argc > 1 && !strcmp(argv[1], "--check"), bad = 0;
    const size_t small = 500000, large = 2000000;
    qe_lexicon lexicon;
    qe_article article = {0};
    if (load(&lexicon))
        return 2;
    double each = story_microseconds(&article, &lexicon);
    printf("story of %zu bytes: %.1f µs, %u quotes\n", sizeof story - 1, each, article.quotes.n);
    bad |= each > 60.0 * 4; /* four times the bar: a check must not fail on a busy machine */
    printf("%-24s %10s %10s %10s   (ns a byte, ns a byte, ms)\n", "hostile", "0.5 MB", "2 MB", "10 MB");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        double first = nanoseconds_a_byte(&article, &lexicon, hostile[i].pattern, small);
        double second = nanoseconds_a_byte(&article, &lexicon, hostile[i].pattern, large);
        double third = nanoseconds_a_byte(&article, &lexicon, hostile[i].pattern, 10000000) * 10; /* milliseconds */
        int slow = second > 2000 || second > first * 2.5 + 20;
        printf("%-24s %10.1f %10.1f %10.0f%s\n", hostile[i].name, first, second, third, slow ? "   not linear" : "");
        bad |= slow;
    }
    qe_article_free(&article);
    qe_lexicon_free(&lexicon);
    return check && bad;
}
