"""Completion for bash. It goes through what is typed: a word that is a command of the command
before it goes one step down, the value of an option is passed over, and `help` is followed by the words of any command. Then
it offers the commands and options of where it is, and names of files and folders where one is taken."""

import re

from tree import GENERAL

MADE = "made by scripts/manual from what the program says of itself"


def quoted(text):
    """One word, as it is."""
    return "'" + text.replace("'", "'\\''") + "'"


def general_of(top):
    return top.options if top.program in GENERAL else []


def own_of(top, command):
    """The options that one command has beside the general ones."""
    return [] if command is top and general_of(top) else command.options


BASH = """# Completion of @NAME@ for bash, @MADE@.

# What a command takes; fails where there is no such command.
_@NAME@_command() {
  commands='' positional=''
@GENERAL@
  case "$1" in
@CASES@
    *) return 1 ;;
  esac
}

_@NAME@() {
  local commands positional flags values files folders
  local typed='' option='' word i current=${COMP_WORDS[COMP_CWORD]}
  _@NAME@_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ " $values $files $folders " == *" $word "* ]]; then
      # Bash makes three words of --option=value.
      option=$word
      i=$((i + 1))
      if [ "${COMP_WORDS[i]}" = = ] && [ "$i" -lt "$COMP_CWORD" ]; then i=$((i + 1)); fi
      if [ "$i" -lt "$COMP_CWORD" ]; then option=''; fi
    elif [ "$typed $word" != ' help' ] && _@NAME@_command "${typed:+$typed }$word"; then
      typed="${typed:+$typed }$word"
    else
      _@NAME@_command "$typed"
    fi
  done
  [ "$current" != = ] || current=''

  local kind=words words=$commands
  if [ -n "$option" ]; then
    words=''
    if [[ " $files " == *" $option "* ]]; then kind='file'; fi
    if [[ " $folders " == *" $option "* ]]; then kind=directory; fi
  elif [[ $current == -* || -z $commands$positional ]]; then
    words="$flags $values $files $folders"
  elif [ "$positional" = file ]; then
    kind='file'
  fi
  if [ "$kind" = words ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -A "$kind" -- "$current")
  fi
}
complete -F _@NAME@ @NAME@
"""


def bash_options(options, sign):
    """Assignments to the lists of options: flags, and options whose value is a text, a file or a folder."""
    lists = {"flags": "", "values": "value", "files": "file", "folders": "folder"}
    names = {each: " ".join(name for row in options if row.kind == kind for name in row.names) for each, kind in lists.items()}
    return " ".join(f"{each}{sign}{quoted((' ' if sign == '+=' else '') + words)}" for each, words in names.items()
                    if words or sign == "=")


def bash_case(top, command):
    parts = [bash_options(own_of(top, command), "+=")]
    if command.commands:
        parts.append("commands=" + quoted(" ".join(child.path[-1] for child in command.commands)))
    if command.positionals:
        parts.append("positional=" + quoted("file" if command.takes_file() else "other"))
    return " ".join(["   ", quoted(" ".join(command.path)) + ")", *filter(None, parts), ";;"])


def bash(top):
    return filled(BASH, top, GENERAL="  " + bash_options(general_of(top), "="),
                  CASES="\n".join(bash_case(top, command) for command in top.all()))


def filled(template, top, **parts):
    """The template with its parts put in, in one go; a line of an empty part falls out."""
    parts |= {"NAME": top.program, "MADE": MADE}
    return re.sub(r"@([A-Z]+)@(\n?)", lambda found: parts[found[1]] + (found[2] if parts[found[1]] else ""), template)


def completions(top):
    """The files of one program: {name: text}."""
    return {f"{top.program}.bash": bash(top)}
