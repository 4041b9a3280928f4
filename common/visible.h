// Text of others, made fit to be shown: what a terminal would obey, or an eye would not see, is
// spelled out, so that a name can neither paint, erase, reorder nor hide what stands beside it.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace testamur::inline common {

// Controls, marks of direction, invisible, unassigned and private code points (common/text.h) as
// \u{1b}, bytes that are not UTF-8 as \x{9b}. Line feeds stay: they are the lines of whoever put
// the text together.
std::string visible(std::string_view text);
// The same for a value that stands within a line: its line feeds are spelled out too.
// A run of white space of any kind longer than three is spelled out from there on: it would push
// what follows to a line of its own.
std::string one_line(std::string_view text);
// A text of others between words of ours: as it is, or in quotes where something in it could be
// taken for ours (brackets, quotes, a run of white space).
std::string apart(std::string_view text);
// What somebody typed, in quotes within a line, so that nobody has to look it up; of a long text
// its beginning and its end, where a slip in an id is, never cut within a character.
std::string in_quotes(std::string_view text);
// The same inside JSON that is written out already: \u001b, and \ud83d\ude00 above U+FFFF. Its
// strings mean what they meant before.
std::string visible_json(std::string_view json);

}  // namespace testamur::inline common
