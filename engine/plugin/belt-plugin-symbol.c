/* belt-plugin-symbol.c - from the addresses of a crash to a sentence
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the debug information of the plugin's own file and of no other: the
 * record comes from a process that has just gone wrong.
 */
#include "config.h"

#include "belt-plugin-symbol.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STACK_MARGIN (64u << 10)   /* how far from the stack pointer an overflow may strike */

typedef struct
{
  char       *file;
  guint       line;
  const char *function;
} BeltFrame;

static int
find_no_debuginfo (Dwfl_Module  *module,
                   void        **user_data,
                   const char   *name,
                   Dwarf_Addr    base,
                   const char   *file_name,
                   const char   *debuglink_file,
                   GElf_Word     debuglink_crc,
                   char        **debuginfo_file_name)
{
  /* What is not in the file itself would be looked for in the network. */
  return -1;
}

static int
find_no_elf (Dwfl_Module *module,
             void       **user_data,
             const char  *name,
             Dwarf_Addr   base,
             char       **file_name,
             Elf        **elf)
{
  return -1;
}

static const char *
trim_path (const char *path)
{
  while (g_str_has_prefix (path, "./"))
    path += 2;

  return path;
}

/* The function in the source, also where the compiler has put it into its caller. */
static const char *
find_function (Dwfl_Module *module,
               Dwarf_Addr   address)
{
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = dwfl_module_addrdie (module, address, &bias);
  Dwarf_Die *scopes = NULL;
  const char *name = NULL;
  int n = unit != NULL ? dwarf_getscopes (unit, address - bias, &scopes) : 0;

  for (int i = 0; i < n && name == NULL; i++)
    if (dwarf_tag (&scopes[i]) == DW_TAG_inlined_subroutine || dwarf_tag (&scopes[i]) == DW_TAG_subprogram)
      name = dwarf_diename (&scopes[i]);
  free (scopes);

  return name != NULL ? name : dwfl_module_addrname (module, address);
}

static gboolean
look_up (Dwfl       *dwfl,
         Dwarf_Addr  address,
         BeltFrame  *frame)
{
  Dwfl_Module *module = dwfl_addrmodule (dwfl, address);
  Dwfl_Line *line = module != NULL ? dwfl_module_getsrc (module, address) : NULL;
  const char *file;
  int number = 0;

  *frame = (BeltFrame) { 0 };
  if (module == NULL)
    return FALSE;

  frame->function = find_function (module, address);
  if (line != NULL && (file = dwfl_lineinfo (line, NULL, &number, NULL, NULL, NULL)) != NULL)
    {
      frame->file = g_utf8_make_valid (trim_path (file), -1);
      frame->line = (guint)MAX (number, 0);
    }

  return TRUE;
}

/* Where it happened: the first line of the plugin's own sources. */
static void
find_place (BeltPluginFault     *self,
            const char          *path,
            Dwarf_Addr           base,
            const BeltWireFault *fault)
{
  static const Dwfl_Callbacks callbacks = {
    .find_elf = find_no_elf,
    .find_debuginfo = find_no_debuginfo,
    .section_address = dwfl_offline_section_address,
  };
  Dwfl *dwfl = dwfl_begin (&callbacks);
  g_autoptr(GString) trace = g_string_new (NULL);

  if (dwfl == NULL)
    return;

  dwfl_report_begin (dwfl);
  if (dwfl_report_elf (dwfl, "plugin", path, -1, base, false) != NULL)
    {
      dwfl_report_end (dwfl, NULL, NULL);
      for (guint i = 0; i < fault->n_frames; i++)
        {
          BeltFrame frame;

          /* All but the first are return addresses: the call stands before them. */
          if (!look_up (dwfl, fault->frames[i] - (i > 0 && fault->frames[i] > 0 ? 1 : 0), &frame))
            continue;
          g_string_append_printf (trace, "%s (%s:%u)\n", frame.function != NULL ? frame.function : "?",
                                  frame.file != NULL ? frame.file : "?", frame.line);
          if (frame.file != NULL && frame.line > 0 && self->file == NULL && !g_str_has_suffix (frame.file,
                                                                                               "belt-plugin.h"))
            {
              self->file = g_strdup (frame.file);
              self->line = frame.line;
              self->function = g_strdup (frame.function);
            }
          g_free (frame.file);
        }
    }
  dwfl_end (dwfl);
  self->backtrace = g_string_free (g_steal_pointer (&trace), FALSE);
}

static char *
describe_page_fault (const BeltWireBlock *block,
                     const BeltWireFault *fault)
{
  const char *access = fault->access == 2 ? "writing" : fault->access == 1 ? "reading" : "at";

  if (fault->address + STACK_MARGIN >= fault->stack && fault->address <= fault->stack + STACK_MARGIN)
    return g_strdup ("stack overflow");
  if (block->fence_end != 0 && fault->address >= block->fence_start && fault->address < block->fence_end)
    return g_strdup_printf ("SIGSEGV %s outside a heap block, or in one that was freed", access);

  return g_strdup_printf ("SIGSEGV %s 0x%" G_GINT64_MODIFIER "x", access, fault->address);
}

static char *
describe_signal (const BeltWireBlock *block,
                 const BeltWireFault *fault)
{
  switch (fault->signal)
    {
    case SIGSEGV:
      return describe_page_fault (block, fault);
    case SIGFPE:
      return g_strdup (fault->code == FPE_INTDIV ? "SIGFPE, division by zero" : "SIGFPE");
    case SIGABRT:
      return g_strdup ("abort()");
    case SIGBUS:
      return g_strdup ("SIGBUS");
    case SIGILL:
      return g_strdup ("SIGILL, a trap");
    case SIGTRAP:
      return g_strdup ("SIGTRAP");
    default:
      return g_strdup_printf ("signal %d (%s)", fault->signal, g_strsignal (fault->signal));
    }
}

BeltPluginFault *
belt_plugin_fault_new (const char          *path,
                       const BeltWireBlock *block,
                       const BeltWireFault *fault,
                       guint                budget_ms,
                       const char          *how_it_ended)
{
  BeltPluginFault *self = g_new0 (BeltPluginFault, 1);
  g_autofree char *place = NULL, *cause = NULL;

  for (guint i = 0; i < MIN (block->n_modules, BELT_WIRE_MODULES_MAX); i++)
    if (strncmp (block->modules[i].path, path, sizeof block->modules[i].path - 1) == 0)
      find_place (self, path, block->modules[i].base, fault);

  if (self->file != NULL)
    place = g_strdup_printf (" at %s:%u%s%s", self->file, self->line, self->function != NULL ? " in " : "",
                             self->function != NULL ? self->function : "");
  else
    place = g_strdup ("");

  switch (fault->kind)
    {
    case BELT_WIRE_FAULT_SIGNAL:
      cause = describe_signal (block, fault);
      self->text = g_strdup_printf ("crashed%s: %s", place, cause);
      break;
    case BELT_WIRE_FAULT_EXIT:
      self->text = g_strdup_printf ("called exit()%s", place);
      break;
    case BELT_WIRE_FAULT_BUDGET:
      self->text = g_strdup_printf ("did not return within %u ms, was%s", budget_ms,
                                    self->file != NULL ? place : " somewhere in the system");
      break;
    default:
      self->text = g_strdup_printf ("stopped: %s", how_it_ended != NULL ? how_it_ended : "the process is gone");
      break;
    }

  return self;
}

void
belt_plugin_fault_free (BeltPluginFault *self)
{
  if (self == NULL)
    return;

  g_free (self->text);
  g_free (self->file);
  g_free (self->function);
  g_free (self->backtrace);
  g_free (self);
}
