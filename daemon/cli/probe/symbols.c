/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/symbols.c: the check of what a shared object exports, read from the file: nothing of it runs. See checks.h. */
#include "cli/probe/checks.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct file {
    const char *bytes;
    size_t size;
} file;

/* `count` things of `each` bytes at `offset`, or NULL if the file is not so long, or they do not lie as the machine wants it. */
static const void *at(const file *f, uint64_t offset, uint64_t count, size_t each)
{
    if (offset > f->size || count > (f->size - offset) / each)
        return NULL;
    return each > 1 && offset % 8 != 0 ? NULL : f->bytes + offset;
}

/* Set by linkers, for every shared object. */
static bool is_of_the_linker(const char *name)
{
    static const char *const names[] = {"_init", "_fini", "_edata", "_end", "__bss_start"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_exported(const Elf64_Sym *symbol)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info), visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && bind != STB_LOCAL &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static void judge_symbols(cd_probe *probe, const file *f, const Elf64_Shdr *table, const Elf64_Shdr *strings)
{
    const Elf64_Sym *symbols = at(f, table->sh_offset, table->sh_size / sizeof *symbols, sizeof *symbols);
    const char *names = at(f, strings->sh_offset, strings->sh_size, 1);
    if (symbols == NULL || names == NULL || strings->sh_size == 0)
        return;
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++) {
        if (!is_exported(&symbols[i]) || symbols[i].st_name >= strings->sh_size)
            continue;
        const char *name = names + symbols[i].st_name;
        if (memchr(name, '\0', strings->sh_size - symbols[i].st_name) && strcmp(name, "copydesk_plugin") != 0 && !is_of_the_linker(name))
            cd_probe_fault(&probe->report, NULL, "exports %s; expected copydesk_plugin alone (static, or -fvisibility=hidden)", name);
    }
}

static int find_symbols(cd_probe *probe, const file *f)
{
    const Elf64_Ehdr *head = at(f, 0, 1, sizeof *head);
    if (head == NULL || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64)
        return -ENOEXEC;
    const Elf64_Shdr *sections = at(f, head->e_shoff, head->e_shnum, sizeof *sections);
    for (size_t i = 0; sections && i < head->e_shnum; i++)
        if (sections[i].sh_type == SHT_DYNSYM && sections[i].sh_link < head->e_shnum) {
            judge_symbols(probe, f, &sections[i], &sections[sections[i].sh_link]);
            return 0;
        }
    return -ENOEXEC;
}

void cd_probe_symbols(cd_probe *probe)
{
    struct stat info = {0};
    int fd = open(probe->subject.plugin, O_RDONLY | O_CLOEXEC), result = -ENOEXEC;
    void *bytes = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes != MAP_FAILED) {
        result = find_symbols(probe, &(file){bytes, (size_t)info.st_size});
        munmap(bytes, (size_t)info.st_size);
    }
    if (fd >= 0)
        close(fd);
    if (result)
        cd_probe_fault(&probe->report, NULL, "the table of symbols cannot be read; expected a 64-bit ELF file with section headers");
    cd_probe_done(&probe->report, "exports copydesk_plugin and nothing else");
}
