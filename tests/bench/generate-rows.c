/* generate-rows.c - the same rows of an invented factory every time, as JSON lines
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: generate-rows [--rows N] [--devices N] [--seed N] [--mean-gap-us N] [--columns N]
 *                      [--shape plain|small|shuffled|spaced|wide]
 *
 * plain rows have 146 bytes, small ones 32; wide ones have as many columns as
 * --columns says, with temperature in the middle.
 *
 * temperature is uniform in 0.0 … 59.9, so `temperature > 50` keeps a sixth of the
 * rows.  Times start at 1700000000000 ms and never go back.
 */
#include "config.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static guint64 state = 42;

static guint64
draw (void)
{
  guint64 z = (state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static guint
draw_below (guint n)
{
  return (guint)(((draw () >> 32) * n) >> 32);
}

typedef struct
{
  const char *colon;
  const char *comma;
  gboolean    shuffled;
  gint        n_devices;
  char        fields[7][160];
} Row;

static void
fill_fields (Row     *row,
             guint64  time_ms)
{
  static const char *const states[] = { "ok", "ok", "ok", "ok", "ok", "ok", "warn", "error" };
  static const char *const tags[] = { "a", "b", "c", "indoor", "roof", "lab" };
  const char *c = row->colon;
  guint t = draw_below (600);
  guint first = draw_below (6);
  guint second = draw_below (6);

  g_snprintf (row->fields[0], sizeof row->fields[0], "\"ts\"%s%" G_GUINT64_FORMAT, c, time_ms);
  g_snprintf (row->fields[1], sizeof row->fields[1], "\"deviceId\"%s\"dev-%u\"", c,
              draw_below ((guint)row->n_devices));
  g_snprintf (row->fields[2], sizeof row->fields[2], "\"temperature\"%s%u.%u", c, t / 10, t % 10);
  g_snprintf (row->fields[3], sizeof row->fields[3], "\"humidity\"%s%u", c, 20 + draw_below (80));
  g_snprintf (row->fields[4], sizeof row->fields[4], "\"status\"%s\"%s\"", c, states[draw_below (8)]);
  g_snprintf (row->fields[5], sizeof row->fields[5], "\"loc\"%s{\"lat\"%s%d.%04u%s\"lon\"%s%d.%04u}", c, c,
              20 + (int)draw_below (30), draw_below (10000), row->comma, c, (int)draw_below (360) - 180,
              draw_below (10000));
  g_snprintf (row->fields[6], sizeof row->fields[6], "\"tags\"%s[\"%s\"%s\"%s\"]", c, tags[first], row->comma,
              tags[second]);
}

static void
print_row (const Row *row)
{
  guint order[7] = { 0, 1, 2, 3, 4, 5, 6 };

  for (guint i = 6; row->shuffled && i > 0; i--)
    {
      guint other = draw_below (i + 1);
      guint swap = order[i];

      order[i] = order[other];
      order[other] = swap;
    }

  putchar ('{');
  for (guint i = 0; i < 7; i++)
    {
      if (i > 0)
        fputs (row->comma, stdout);
      fputs (row->fields[order[i]], stdout);
    }
  fputs ("}\n", stdout);
}

static void
print_wide_row (guint   n_columns,
                guint64 time_ms)
{
  guint t = draw_below (600);

  printf ("{\"ts\":%" G_GUINT64_FORMAT, time_ms);
  for (guint i = 1; i < n_columns; i++)
    {
      if (i == n_columns / 2)
        printf (",\"temperature\":%u.%u", t / 10, t % 10);
      else
        printf (",\"c%u\":%u", i, draw_below (1000));
    }
  fputs ("}\n", stdout);
}

int
main (int    argc,
      char **argv)
{
  static char buffer[1 << 20];
  gint n_rows = 1000000;
  gint n_devices = 100;
  gint64 seed = 42;
  gint mean_gap_us = 1000;
  gint n_columns = 15000;
  g_autofree char *shape = NULL;
  const GOptionEntry entries[] = {
    { "rows", 'n', 0, G_OPTION_ARG_INT, &n_rows, "How many rows", "N" },
    { "devices", 'd', 0, G_OPTION_ARG_INT, &n_devices, "How many devices", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "Where the random numbers start", "N" },
    { "mean-gap-us", 'm', 0, G_OPTION_ARG_INT, &mean_gap_us, "Mean time between two rows", "N" },
    { "columns", 'c', 0, G_OPTION_ARG_INT, &n_columns, "Columns of a wide row", "N" },
    { "shape", 'k', 0, G_OPTION_ARG_STRING, &shape, "plain, small, shuffled, spaced or wide", "SHAPE" },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new (NULL);
  g_autoptr(GError) error = NULL;
  Row row = { .colon = ":", .comma = "," };
  guint64 now_us = G_GUINT64_CONSTANT (1700000000000000);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_devices < 1 || mean_gap_us < 0 ||
      n_columns < 4)
    {
      fprintf (stderr, "generate-rows: %s\n", error != NULL ? error->message : "numbers must be positive");
      return 2;
    }

  state = (guint64)seed;
  row.n_devices = n_devices;
  row.shuffled = g_strcmp0 (shape, "shuffled") == 0;
  if (g_strcmp0 (shape, "spaced") == 0)
    {
      row.colon = ": ";
      row.comma = ", ";
    }
  setvbuf (stdout, buffer, _IOFBF, sizeof buffer);

  for (gint i = 0; i < n_rows; i++)
    {
      if (g_strcmp0 (shape, "small") == 0)
        {
          printf ("{\"temperature\":%u,\"humidity\":%u}\n", draw_below (60), draw_below (101));
          continue;
        }

      now_us += draw_below (2 * (guint)mean_gap_us + 1);
      if (g_strcmp0 (shape, "wide") == 0)
        {
          print_wide_row ((guint)n_columns, now_us / 1000);
          continue;
        }

      fill_fields (&row, now_us / 1000);
      print_row (&row);
    }

  return fflush (stdout) == 0 ? 0 : 1;
}
