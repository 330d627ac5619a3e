/* belt-plugin-elf.c - what can be known of a plugin file without loading it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "belt-plugin-elf.h"

#include "belt-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#define BELT_HOST_SIDE 1
#include "belt-plugin.h"

#define SYMBOLS_MAX 65536u   /* more than any plugin has; bounds the work on a hostile file */

#if defined (__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined (__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "the name of this machine in ELF files is not known"
#endif

typedef struct
{
  Elf           *elf;
  BeltPluginElf *result;
  gboolean       has_symbol;
  gboolean       static_tls;
  gboolean       is_dynamic;
} BeltElfReader;

void
belt_plugin_elf_free (BeltPluginElf *self)
{
  if (self == NULL)
    return;

  g_free (self->arch);
  g_free (self->id);
  g_free (self->version);
  g_free (self->build);
  g_ptr_array_unref (self->warnings);
  g_free (self);
}

static const char *
name_machine (GElf_Half machine)
{
  switch (machine)
    {
    case EM_X86_64:
      return "amd64";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm";
    case EM_386:
      return "386";
    case EM_RISCV:
      return "riscv64";
    default:
      return "another machine";
    }
}

static void
read_note (BeltElfReader *reader,
           Elf_Scn       *section)
{
  Elf_Data *data = elf_rawdata (section, NULL);
  belt_note note;

  if (data == NULL || data->d_size < sizeof note || data->d_buf == NULL)
    return;

  memcpy (&note, data->d_buf, sizeof note);
  if (strncmp (note.owner, BELT_NOTE_OWNER, sizeof note.owner) != 0 || note.type != BELT_NOTE_TYPE)
    return;

  reader->result->id = g_utf8_make_valid (note.id, (gssize)strnlen (note.id, sizeof note.id));
  reader->result->version = g_utf8_make_valid (note.version, (gssize)strnlen (note.version, sizeof note.version));
  reader->result->build = g_utf8_make_valid (note.build, (gssize)strnlen (note.build, sizeof note.build));
  reader->result->abi_built = note.abi_built;
  reader->result->abi_min = note.abi_min;
}

static void
read_dynamic (BeltElfReader *reader,
              Elf_Scn       *section,
              GElf_Shdr     *header)
{
  Elf_Data *data = elf_getdata (section, NULL);

  reader->is_dynamic = TRUE;
  for (int i = 0; data != NULL && header->sh_entsize != 0 && (gsize)i < header->sh_size / header->sh_entsize; i++)
    {
      GElf_Dyn item;

      if (gelf_getdyn (data, i, &item) == NULL)
        break;
      if (item.d_tag == DT_FLAGS && (item.d_un.d_val & DF_STATIC_TLS) != 0)
        reader->static_tls = TRUE;
      if (item.d_tag == DT_TEXTREL)
        g_ptr_array_add (reader->result->warnings, g_strdup ("has text relocations; compile it with -fPIC"));
    }
}

static void
check_call (BeltElfReader *reader,
            const char    *name)
{
  static const char *const forbidden[] = { "exit", "_exit", "quick_exit", "fork", "vfork", "signal", "sigaction",
      "dlclose",
                                           "setlocale", "chdir", "pthread_exit", "setuid" };

  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    if (strcmp (name, forbidden[i]) == 0)
      g_ptr_array_add (reader->result->warnings, g_strdup_printf ("calls %s(), which a plugin must not", name));
}

static void
read_symbols (BeltElfReader *reader,
              Elf_Scn       *section,
              GElf_Shdr     *header)
{
  Elf_Data *data = elf_getdata (section, NULL);
  gsize n = header->sh_entsize != 0 ? header->sh_size / header->sh_entsize : 0;

  for (gsize i = 1; data != NULL && i < MIN (n, SYMBOLS_MAX); i++)
    {
      GElf_Sym symbol;
      const char *name;

      if (gelf_getsym (data, (int)i, &symbol) == NULL)
        break;
      name = elf_strptr (reader->elf, header->sh_link, symbol.st_name);
      if (name == NULL)
        continue;
      if (symbol.st_shndx == SHN_UNDEF)
        check_call (reader, name);
      else if (strcmp (name, BELT_SYMBOL) == 0)
        reader->has_symbol = TRUE;
    }
}

static void
read_sections (BeltElfReader *reader)
{
  Elf_Scn *section = NULL;
  size_t names = 0;

  elf_getshdrstrndx (reader->elf, &names);
  while ((section = elf_nextscn (reader->elf, section)) != NULL)
    {
      GElf_Shdr header;
      const char *name;

      if (gelf_getshdr (section, &header) == NULL)
        continue;
      name = elf_strptr (reader->elf, names, header.sh_name);
      if (header.sh_type == SHT_DYNAMIC)
        read_dynamic (reader, section, &header);
      else if (header.sh_type == SHT_DYNSYM)
        read_symbols (reader, section, &header);
      else if (g_strcmp0 (name, ".note.belt") == 0)
        read_note (reader, section);
    }
}

/* The first reason not to load it, or NULL. */
static char *
judge (BeltElfReader *reader,
       GElf_Ehdr     *header)
{
  BeltPluginElf *result = reader->result;

  if (header->e_machine != OUR_MACHINE)
    return g_strdup_printf ("it is built for %s, this machine is %s", result->arch, name_machine (OUR_MACHINE));
  if (header->e_type != ET_DYN || !reader->is_dynamic)
    return g_strdup ("it is not a shared object; link it with -shared");
  if (!reader->has_symbol)
    return g_strdup ("it does not export " BELT_SYMBOL "; does a source end with BELT_PROVIDE?");
  if (result->id != NULL && (result->abi_min >> 16 != BELT_ABI_MAJOR || result->abi_min > BELT_ABI))
    return g_strdup_printf ("it needs plugin ABI %u.%u, this engine has %u.%u", result->abi_min >> 16,
                            result->abi_min & 0xffff, BELT_ABI_MAJOR, BELT_ABI_MINOR);
  if (reader->static_tls)
    return g_strdup ("it has thread-local variables of the initial-exec model; compile it with -fPIC and without "
                     "-ftls-model=initial-exec");

  return NULL;
}

BeltPluginElf *
belt_plugin_elf_read (const char *path,
                      GError    **error)
{
  g_autoptr(BeltPluginElf) result = g_new0 (BeltPluginElf, 1);
  BeltElfReader reader = { .result = result };
  g_autofree char *wrong = NULL;
  GElf_Ehdr header;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  result->warnings = g_ptr_array_new_with_free_func (g_free);
  if (fd < 0)
    {
      g_set_error (error, BELT_ERROR, BELT_ERROR_NOT_FOUND, "Opening “%s”: %s", path, g_strerror (errno));
      return NULL;
    }

  elf_version (EV_CURRENT);
  reader.elf = elf_begin (fd, ELF_C_READ, NULL);
  if (reader.elf == NULL || elf_kind (reader.elf) != ELF_K_ELF || gelf_getehdr (reader.elf, &header) == NULL)
    wrong = g_strdup ("it is not an ELF file");
  else
    {
      result->arch = g_strdup (name_machine (header.e_machine));
      read_sections (&reader);
      wrong = judge (&reader, &header);
    }
  if (reader.elf != NULL)
    elf_end (reader.elf);
  close (fd);

  if (wrong == NULL)
    return g_steal_pointer (&result);

  g_set_error (error, BELT_ERROR, BELT_ERROR_PLUGIN, "“%s” is not a plugin for this engine: %s", path, wrong);
  return NULL;
}
