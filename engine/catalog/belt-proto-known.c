/* belt-proto-known.c - the files of google/protobuf that schemas import
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every protobuf compiler brings them along.  Messages and numbers are those of
 * the protocol.
 */
#include "config.h"

#include "belt-proto-private.h"

#define HEAD "syntax = \"proto3\"; package google.protobuf; "

static const struct
{
  const char *name;
  const char *text;
} known[] =
{
  { "google/protobuf/any.proto", HEAD "message Any { string type_url = 1; bytes value = 2; }" },
  { "google/protobuf/descriptor.proto", "syntax = \"proto2\"; package google.protobuf;" },  /* for custom options */
  { "google/protobuf/duration.proto", HEAD "message Duration { int64 seconds = 1; int32 nanos = 2; }" },
  { "google/protobuf/empty.proto", HEAD "message Empty {}" },
  { "google/protobuf/field_mask.proto", HEAD "message FieldMask { repeated string paths = 1; }" },
  { "google/protobuf/struct.proto",
    HEAD
    "message Struct { map<string, Value> fields = 1; } enum NullValue { NULL_VALUE = 0; } "
    "message Value { oneof kind { NullValue null_value = 1; double number_value = 2; string string_value = 3; "
    "bool bool_value = 4; Struct struct_value = 5; ListValue list_value = 6; } } "
    "message ListValue { repeated Value values = 1; }" },
  { "google/protobuf/timestamp.proto", HEAD "message Timestamp { int64 seconds = 1; int32 nanos = 2; }" },
  { "google/protobuf/wrappers.proto",
    HEAD
    "message DoubleValue { double value = 1; } message FloatValue { float value = 1; } "
    "message Int64Value { int64 value = 1; } message UInt64Value { uint64 value = 1; } "
    "message Int32Value { int32 value = 1; } message UInt32Value { uint32 value = 1; } "
    "message BoolValue { bool value = 1; } message StringValue { string value = 1; } "
    "message BytesValue { bytes value = 1; }" },
};

const char *
belt_proto_find_known (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i].name, name))
      return known[i].text;
  return NULL;
}
