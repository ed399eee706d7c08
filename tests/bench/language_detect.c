/* SPDX-License-Identifier: Apache-2.0
 *
 * language_detect.c: what one article costs, and that hostile ones cost no more than their length.
 *
 * Prints articles a second of CPU time for invented stories of some 3 kB, whole and capped at 1 kB, and nanoseconds a
 * byte for the worst inputs that we know, at one size and at four times that size: the ratio of the two tells linear
 * from worse. With --check the exit status is 1 if a ratio is broken.
 */
#include "detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char english[] =
    "The council of Varnholt voted on Monday to keep the old swimming hall open for another winter, although the "
    "repair of its "
    "roof will cost more than twice what the treasurer had planned.\n"
    "Eleven of nineteen members were in favour after a debate that lasted until shortly before midnight. The mayor, "
    "who had "
    "proposed to close the building in October, left the room before the result was read out and did not speak to "
    "reporters.\n"
    "\"We have taught every child in this town to swim in that pool since the year my mother was born,\" said Marta "
    "Elling, who "
    "leads the sports club. \"Nobody who sat in there tonight learned it anywhere else.\"\n"
    "Engineers found cracks in four of the beams last spring. Their report, which runs to ninety pages, says that the "
    "hall is "
    "safe as long as less than thirty centimetres of snow lie on the roof, and recommends that somebody measure it "
    "every "
    "morning. The fire brigade has offered to do so.\n"
    "The money is to come from the sale of a piece of land behind the railway station, where a company from the "
    "capital wants "
    "to build a warehouse. Neighbours have announced that they will go to court against the plan because they fear the "
    "noise "
    "of lorries at night. A decision is not expected before the end of the year.\n"
    "Until then the club will have to pay for heating itself. Elling said that it had collected almost half of the sum "
    "at a "
    "summer festival and hoped that the rest would be found before the first frost. Several shops have put jars beside "
    "their tills, and a baker sells rolls in the shape of a swimmer for which he charges a little more than usual.\n"
    "The treasurer warned against too much hope. He reminded the members that the town had lost its largest employer "
    "two years "
    "ago, that the bridge over the mill stream must be renewed as well, and that the interest on old loans would rise "
    "again "
    "in January. \"I can add these numbers up in any order you like,\" he said, \"and the answer remains the same.\"\n"
    "Outside the town hall some two hundred people had gathered with torches and bathing caps. When the result became "
    "known "
    "they sang, and a few of them walked down to the river, took off their coats and jumped into the water. The "
    "temperature "
    "was six degrees. An ambulance that stood by was not needed, according to its driver, who said that he had brought "
    "blankets, hot tea and a book.\n"
    "The hall was built after the great flood, with stones from the ruined mill and with the help of prisoners of war. "
    "Its "
    "windows were a gift of a glass works that no longer exists. Historians at the university have asked that they be "
    "listed, which would make it harder for any later council to tear the building down.\n";

static const char russian[] =
    "Городской совет Заречья проголосовал за то, чтобы старый бассейн работал ещё одну зиму, хотя ремонт крыши "
    "обойдётся вдвое "
    "дороже, чем рассчитывал казначей.\n"
    "За это решение высказались одиннадцать из девятнадцати депутатов после спора, который продолжался почти до "
    "полуночи. Мэр, "
    "который предлагал закрыть здание в октябре, вышел из зала до объявления итогов и не стал говорить с "
    "журналистами.\n"
    "«Мы учили плавать в этой воде каждого ребёнка нашего города с того года, когда родилась моя мать», — сказала "
    "Марта Еллина, "
    "председатель спортивного клуба. По её словам, никто из сидевших в зале не учился плавать в другом месте.\n"
    "Весной инженеры нашли трещины в четырёх балках. В их отчёте говорится, что зал безопасен, пока на крыше лежит не "
    "больше "
    "тридцати сантиметров снега, и что измерять его нужно каждое утро. Это готовы делать пожарные.\n"
    "Деньги должна принести продажа участка за вокзалом, где компания из столицы хочет построить склад. Соседи обещают "
    "подать "
    "в суд, потому что боятся шума грузовиков по ночам. Решения не ждут раньше конца года.\n";

typedef struct worst {
    const char *name;
    const char *unit; /* repeated to the length wanted */
} worst;

static const worst worst_inputs[] = {
    {"tags that never close", "<a"},
    {"comments that never close", "<p><!-- "},
    {"scripts that never close", "<script <style "},
    {"mail addresses in a row", "a@a."},
    {"web addresses in a row", "x://y "},
    {"mojibake", "Ã¤Â»"},
    {"broken mojibake", "ððð"},
    {"one letter", "a"},
    {"scripts in turn", "aяاअ漢 "},
    {"marks of close languages", " gdje gde tko ko vrijeme vreme"},
    {"languages in turn", "The house is old and cold. Das Haus ist alt und kalt. "},
    {"combining marks", "e\xCC\x81"},
    {"references", "&amp;&#1234;"},
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The least time of several rounds for one article, in seconds. */
static double cost(ld_detector *detector, cd_str text, int times)
{
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        double begin = cpu_seconds();
        ld_result result;
        for (int i = 0; i < times; i++)
            if (ld_detect(detector, text, &result) != 0)
                abort();
        double each = (cpu_seconds() - begin) / times;
        best = each < best ? each : best;
    }
    return best;
}

static void bench_story(ld_detector *detector, const char *name, const char *story)
{
    cd_str text = {story, strlen(story)};
    static const size_t caps[] = {0, 16384, 2048, 1024};
    printf("%s, %zu bytes\n", name, text.len);
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        detector->settings.sample_bytes = caps[i];
        double each = cost(detector, text, 500);
        printf("  sample_bytes %5zu   %7.1f us   %6.0f articles/s\n", caps[i], each * 1e6, 1 / each);
    }
    detector->settings.sample_bytes = 0;
}

static double nanoseconds_a_byte(ld_detector *detector, const char *unit, size_t len)
{
    char *text = malloc(len);
    size_t unit_len = strlen(unit);
    if (text == NULL)
        abort();
    len -= len % unit_len;
    for (size_t i = 0; i < len; i += unit_len)
        memcpy(text + i, unit, unit_len);
    double each = cost(detector, (cd_str){text, len}, 1);
    free(text);
    return each * 1e9 / (double)len;
}

int main(int argc, char **argv)
{
    static ld_detector detector;
    const ld_settings settings = {0};
    const char *error;
    int broken = 0, check = argc > 1 && strcmp(argv[1], "--check") == 0;
    if (ld_detector_init(&detector, &settings, &error) != 0) {
        fprintf(stderr, "bench_language_detect: %s\n", error);
        return 2;
    }
    bench_story(&detector, "English", english);
    bench_story(&detector, "Russian", russian);
    printf("%-28s %12s %12s\n", "ns a byte", "100 kB", "400 kB");
    for (size_t i = 0; i < sizeof worst_inputs / sizeof *worst_inputs; i++) {
        const worst *w = &worst_inputs[i];
        double small = nanoseconds_a_byte(&detector, w->unit, 100000),
               large = nanoseconds_a_byte(&detector, w->unit, 400000);
        int bad = large > 2 * small + 20;
        printf("%-28s %12.1f %12.1f%s\n", w->name, small, large, bad ? "   not linear" : "");
        broken |= bad;
    }
    ld_detector_fini(&detector);
    return check && broken;
}
