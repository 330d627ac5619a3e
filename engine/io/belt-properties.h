/* belt-properties.h - reading the properties of sources and sinks
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Properties come from the author of a stream or a rule, so every wrong type is
 * an error that names the property and says what is wanted.  A getter that finds
 * no such property leaves its result as it is: set the default first.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): deep, since json-glib's counts are not atomic and properties cross threads. */
JsonObject *belt_properties_copy       (JsonObject   *properties);
/* Looks a property up by name, without regard to case when there is no exact match. */
JsonNode *belt_properties_lookup       (JsonObject   *properties,
                                        const char   *name);
/* Strings are given away: free what was there before. */
gboolean  belt_properties_get_string   (JsonObject   *properties,
                                        const char   *name,
                                        char        **ret_text,
                                        GError      **error);
gboolean  belt_properties_get_boolean  (JsonObject   *properties,
                                        const char   *name,
                                        gboolean     *ret_value,
                                        GError      **error);
gboolean  belt_properties_get_int      (JsonObject   *properties,
                                        const char   *name,
                                        gint64        min,
                                        gint64        max,
                                        gint64       *ret_value,
                                        GError      **error);
/* A whole number is milliseconds, a string is 300ms, 10s, 1h5m. */
gboolean  belt_properties_get_duration (JsonObject   *properties,
                                        const char   *name,
                                        gint64       *ret_ms,
                                        GError      **error);
/* An array of strings, or one string. */
gboolean  belt_properties_get_strings  (JsonObject   *properties,
                                        const char   *name,
                                        char       ***ret_texts,
                                        GError      **error);
/* One of the NULL-terminated choices; the index of it. */
gboolean  belt_properties_get_choice   (JsonObject         *properties,
                                        const char         *name,
                                        const char *const  *choices,
                                        guint              *ret_choice,
                                        GError            **error);
/* What eKuiper does with a property and this engine does not: FALSE with a sentence that says so, if it is given. */
typedef struct
{
  const char *name;
  const char *instead;  /* "shape the row in SELECT": what to do instead */
} BeltRefusedProperty;

gboolean  belt_properties_refuse       (JsonObject                *properties,
                                        const BeltRefusedProperty *refused,
                                        guint                      n_refused,
                                        GError                   **error);
/* Go's time.ParseDuration, and a bare whole number as milliseconds. */
gboolean  belt_duration_parse          (const char   *text,
                                        gint64       *ret_ms);

G_END_DECLS
