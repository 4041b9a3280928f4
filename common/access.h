// Paths as a person gives them: what only a shell understands, and what the system refuses to the
// user of this program.
#pragma once

#include <string>

namespace testamur::inline common {

// Why a path that begins with ~ is none; empty: it does not. A shell puts the home in its place at
// the beginning of a word only, so that --dir=~/node, or a file's data_dir = "~/node", would make a
// folder that is called "~". To follow the name of the option or key. Pure; any thread.
std::string home_slip(const std::string& path);

// Where the system refuses a file: who this program runs as, whose the file is, and what to do. To
// follow the cause in a sentence, beginning with ". "; empty where `cause` (an errno) is no
// refusal. Also of a file that cannot be made, and of one behind a folder that may not be entered:
// then the folder is named. Looks at the system; any thread.
std::string access_cure(int cause, const std::string& path);

}  // namespace testamur::inline common
