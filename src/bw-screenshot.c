/* bw-screenshot.c - a widget as a PNG file
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Renders the widget once more through its window's renderer, so it works
 * without a compositor and under any display server.
 */
#include "config.h"

#include "bw-screenshot.h"

#include <glib/gi18n.h>

/**
 * bw_screenshot_save:
 * @widget: a mapped widget
 * @path: where to write
 * @scale: pixels a unit
 *
 * Returns: %TRUE when the file is written
 */
gboolean
bw_screenshot_save (GtkWidget   *widget,
                    const char  *path,
                    double       scale,
                    GError     **error)
{
  g_autoptr(GdkPaintable) paintable = NULL;
  g_autoptr(GdkTexture) texture = NULL;
  GtkSnapshot *snapshot;
  GskRenderNode *node;
  int width;
  int height;

  g_return_val_if_fail (GTK_IS_WIDGET (widget), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  width = gtk_widget_get_width (widget);
  height = gtk_widget_get_height (widget);
  paintable = gtk_widget_paintable_new (widget);
  snapshot = gtk_snapshot_new ();
  gtk_snapshot_scale (snapshot, (float)scale, (float)scale);
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);

  if (node == NULL || width == 0 || height == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("There is nothing on screen to take a picture of."));
      g_clear_pointer (&node, gsk_render_node_unref);
      return FALSE;
    }

  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float)(width * scale), (float)(height * scale)));
  gsk_render_node_unref (node);

  if (!gdk_texture_save_to_png (texture, path))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("Writing “%s” failed."), path);
      return FALSE;
    }

  return TRUE;
}
