# Completion of testamur for bash, made by scripts/manual from what the program says of itself.

# What a command takes; fails where there is no such command.
_testamur_command() {
  commands='' positional=''
  flags='--json --yes --quiet --force --version' values='--endpoint --passphrase-fd --timeout --accept-recovery' files='--tls-root --passphrase-file' folders='--home'
  case "$1" in
    '') commands='connect wallet credential verify verifier issuer outbox trust key institution governance sign send accreditation registry check node genesis ledger help version' ;;
    'connect') positional='other' ;;
    'wallet') commands='init show request identity backup restore passphrase erase' ;;
    'wallet init') files+=' --words-file' ;;
    'wallet show') ;;
    'wallet request') values+=' --issuer --student' files+=' --out' ;;
    'wallet identity') ;;
    'wallet backup') positional='file' ;;
    'wallet restore') files+=' --words-file --backup' ;;
    'wallet passphrase') files+=' --new-passphrase-file' ;;
    'wallet erase') positional='other' ;;
    'credential') commands='import list show rename present receipt verify' ;;
    'credential import') files+=' --code-file' positional='file' ;;
    'credential list') ;;
    'credential show') positional='other' ;;
    'credential rename') positional='other' ;;
    'credential present') values+=' --claim --audience --nonce --until' files+=' --request --out' positional='other' ;;
    'credential receipt') files+=' --out' positional='file' ;;
    'credential verify') flags+=' --no-holder' values+=' --audience --nonce --max-age --viewpoint --max-status-age --purpose --max-graph-age' files+=' --request --receipt --policy --graph' positional='file' ;;
    'verify') flags+=' --no-holder' values+=' --audience --nonce --max-age --viewpoint --max-status-age --purpose --max-graph-age' files+=' --request --receipt --policy --graph' positional='file' ;;
    'verifier') commands='request' ;;
    'verifier request') values+=' --claims --name --purpose --valid-for' files+=' --out' ;;
    'issuer') commands='seal init achievement batch list show correct resend erase status' ;;
    'issuer seal') flags+=' --keep' files+=' --keys' ;;
    'issuer init') flags+=' --keep' folders+=' --keys' ;;
    'issuer achievement') commands='publish retire' ;;
    'issuer achievement publish') flags+=' --dry-run' values+=' --send-by' files+=' --draft' positional='file' ;;
    'issuer achievement retire') values+=' --send-by' files+=' --draft' positional='other' ;;
    'issuer batch') commands='list codes template issue resume discard purge' ;;
    'issuer batch list') ;;
    'issuer batch codes') files+=' --csv' positional='other' ;;
    'issuer batch template') values+=' --achievement' files+=' --out' folders+=' --requests' ;;
    'issuer batch issue') flags+=' --again --issued-elsewhere --dry-run' values+=' --achievement --name --expires --map --date-format --encoding' files+=' --csv' folders+=' --requests' ;;
    'issuer batch resume') positional='other' ;;
    'issuer batch discard') positional='other' ;;
    'issuer batch purge') positional='other' ;;
    'issuer list') values+=' --batch --achievement --status --student' ;;
    'issuer show') values+=' --student' ;;
    'issuer correct') flags+=' --by-code --drop --dry-run' values+=' --student --batch --achievement --name --expires --map --date-format --encoding' files+=' --csv' folders+=' --requests' ;;
    'issuer resend') flags+=' --not-in-force' values+=' --student --batch' files+=' --out' ;;
    'issuer erase') values+=' --batch --student' ;;
    'issuer status') commands='revoke suspend reinstate supersede' ;;
    'issuer status revoke') flags+=' --all --not-in-register --with-root' values+=' --student --batch --reference --index --reason --send-by' files+=' --csv --draft' ;;
    'issuer status suspend') flags+=' --all --not-in-register --with-root' values+=' --student --batch --reference --index --reason --send-by' files+=' --csv --draft' ;;
    'issuer status reinstate') flags+=' --all --not-in-register --with-root' values+=' --student --batch --reference --index --reason --send-by' files+=' --csv --draft' ;;
    'issuer status supersede') flags+=' --all --not-in-register --with-root' values+=' --student --batch --reference --index --reason --send-by' files+=' --csv --draft' ;;
    'outbox') commands='list resume discard' ;;
    'outbox list') ;;
    'outbox resume') ;;
    'outbox discard') positional='other' ;;
    'trust') commands='grant distrust withdraw policy graph explain' ;;
    'trust grant') values+=' --from --reason --slot --until --field --level --award-type --purpose --send-by --amount --depth' files+=' --draft' positional='other' ;;
    'trust distrust') values+=' --from --reason --slot --until --field --level --award-type --purpose --send-by' files+=' --draft' positional='other' ;;
    'trust withdraw') values+=' --from --reason --slot --send-by' files+=' --draft' positional='other' ;;
    'trust policy') commands='show publish' ;;
    'trust policy show') positional='file' ;;
    'trust policy publish') values+=' --url --send-by' files+=' --draft' positional='file' ;;
    'trust graph') files+=' --out' ;;
    'trust explain') values+=' --viewpoint --achievement --field --level --award-type --purpose --at --assume' files+=' --policy --graph --svg --dot' positional='other' ;;
    'key') commands='add rotate retire make list show' ;;
    'key add') values+=' --algorithm --send-by' files+=' --public --key-file --draft' positional='other' ;;
    'key rotate') values+=' --algorithm --send-by' files+=' --public --key-file --draft' positional='other' ;;
    'key retire') flags+=' --last' values+=' --compromised-since --send-by' files+=' --draft' positional='other' ;;
    'key make') values+=' --chain --institution --algorithm' files+=' --out' positional='other' ;;
    'key list') positional='other' ;;
    'key show') positional='other' ;;
    'institution') commands='register list update leave succeed show' ;;
    'institution register') values+=' --send-by --listed' files+=' --draft --keys' positional='file' ;;
    'institution list') values+=' --send-by' files+=' --draft' positional='file' ;;
    'institution update') values+=' --send-by' files+=' --draft' positional='file' ;;
    'institution leave') values+=' --send-by' files+=' --draft' ;;
    'institution succeed') commands='merge split rename custody' ;;
    'institution succeed merge') values+=' --send-by --heir' files+=' --draft' positional='other' ;;
    'institution succeed split') flags+=' --closes' values+=' --send-by --heir' files+=' --draft' positional='other' ;;
    'institution succeed rename') values+=' --send-by' files+=' --draft' positional='other' ;;
    'institution succeed custody') values+=' --send-by' files+=' --draft' positional='other' ;;
    'institution show') positional='other' ;;
    'governance') commands='propose vote veto list show validators ready evidence parameters' ;;
    'governance propose') commands='admission validator-set parameter protocol suspend lift succession root-replacement' ;;
    'governance propose admission') flags+=' --retroactive' values+=' --voting-ends --effective --send-by --class' files+=' --draft' positional='other' ;;
    'governance propose validator-set') commands='add replace remove' ;;
    'governance propose validator-set add') values+=' --voting-ends --effective --send-by --ready' files+=' --draft' positional='other' ;;
    'governance propose validator-set replace') values+=' --voting-ends --effective --send-by --ready' files+=' --draft' positional='other' ;;
    'governance propose validator-set remove') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose parameter') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose protocol') values+=' --voting-ends --effective --send-by --height' files+=' --draft' positional='other' ;;
    'governance propose suspend') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose lift') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose succession') commands='merge split rename custody' ;;
    'governance propose succession merge') values+=' --voting-ends --effective --send-by --heir' files+=' --draft' positional='other' ;;
    'governance propose succession split') flags+=' --closes' values+=' --voting-ends --effective --send-by --heir' files+=' --draft' positional='other' ;;
    'governance propose succession rename') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose succession custody') values+=' --voting-ends --effective --send-by' files+=' --draft' positional='other' ;;
    'governance propose root-replacement') values+=' --voting-ends --effective --send-by' files+=' --draft --public' positional='other' ;;
    'governance vote') values+=' --send-by' files+=' --draft' positional='other' ;;
    'governance veto') values+=' --send-by' files+=' --draft' positional='other' ;;
    'governance list') flags+=' --open' ;;
    'governance show') positional='other' ;;
    'governance validators') ;;
    'governance ready') positional='other' ;;
    'governance evidence') ;;
    'governance parameters') ;;
    'sign') files+=' --out --keys' positional='file' ;;
    'send') positional='file' ;;
    'accreditation') commands='grant withdraw import list' ;;
    'accreditation grant') values+=' --from --reason --until --field --level --award-type --purpose --amount --depth --scheme --report-url --report-digest --send-by' files+=' --draft' positional='other' ;;
    'accreditation withdraw') values+=' --from --reason --statement --send-by' files+=' --draft' positional='other' ;;
    'accreditation import') flags+=' --dry-run' values+=' --agency --scheme --amount --conditional-amount' positional='file' ;;
    'accreditation list') values+=' --of --by' ;;
    'registry') commands='institutions institution achievements achievement key statements' ;;
    'registry institutions') ;;
    'registry institution') flags+=' --history' positional='other' ;;
    'registry achievements') positional='other' ;;
    'registry achievement') positional='other' ;;
    'registry key') positional='other' ;;
    'registry statements') flags+=' --history' values+=' --by --about' ;;
    'check') values+=' --purpose --viewpoint' files+=' --csv --out' positional='other' ;;
    'node') commands='status' ;;
    'node status') ;;
    'genesis') commands='draft add sign merge check' ;;
    'genesis draft') flags+=' --any-time' files+=' --out' positional='file' ;;
    'genesis add') positional='file' ;;
    'genesis sign') flags+=' --any-time' files+=' --keys' positional='file' ;;
    'genesis merge') positional='file' ;;
    'genesis check') positional='file' ;;
    'ledger') commands='show follow forget trust' ;;
    'ledger show') ;;
    'ledger follow') ;;
    'ledger forget') positional='other' ;;
    'ledger trust') positional='file' ;;
    'help') ;;
    'version') ;;
    *) return 1 ;;
  esac
}

_testamur() {
  local commands positional flags values files folders
  local typed='' option='' word i current=${COMP_WORDS[COMP_CWORD]}
  _testamur_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ " $values $files $folders " == *" $word "* ]]; then
      # Bash makes three words of --option=value.
      option=$word
      i=$((i + 1))
      if [ "${COMP_WORDS[i]}" = = ] && [ "$i" -lt "$COMP_CWORD" ]; then i=$((i + 1)); fi
      if [ "$i" -lt "$COMP_CWORD" ]; then option=''; fi
    elif [ "$typed $word" != ' help' ] && _testamur_command "${typed:+$typed }$word"; then
      typed="${typed:+$typed }$word"
    else
      _testamur_command "$typed"
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
complete -F _testamur testamur
