// A drawing of an explanation: the institutions in columns by their distance from the viewpoint,
// the statements as arrows with amounts, what limits a refusal dashed and red. SVG needs nothing
// outside the file. Pure; any thread.
#pragma once

#include <string>

#include "trust/explain.h"

namespace testamur::trust {

// A complete SVG file.
std::string to_svg(const Explanation& explanation, const NameOf& name_of);
// The same network for Graphviz, which makes its own layout.
std::string to_dot(const Explanation& explanation, const NameOf& name_of);

}  // namespace testamur::trust
