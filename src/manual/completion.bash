# shellcheck shell=bash
# Completion of mqcast in bash. The build adds the tables: _mqcast_verbs, _mqcast_formats, _mqcast_flags,
# _mqcast_takes, _mqcast_settings, _mqcast_values (completion.c).
#
# What a flag takes, or a word after the verb, is told by what stands for it in the help: small letters
# stand for themselves, capitals for a kind; of a kind that is not known here nothing is offered.

_mqcast_offer() { # what compgen says
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$@")
}

_mqcast_files() { # files by the pattern of their names, and all folders
    compopt -o filenames
    _mqcast_offer -d -- "$2"
    _mqcast_offer -f -X "!$1" -- "$2"
}

_mqcast_runs() { # runs and folders of runs, or else any folder
    local folder
    compopt -o filenames
    while read -r folder; do
        [[ -e $folder/experiment.yaml || -n $(compgen -G "$folder/*/experiment.yaml") ]] && COMPREPLY+=("$folder")
    done < <(compgen -d -- "$1")
    ((${#COMPREPLY[@]} > 0)) || _mqcast_offer -d -- "$1"
}

_mqcast_setting() { # section.key=value
    if [[ $1 == *=* ]]; then
        prefix+=${1%%=*}=
        _mqcast_offer -W "$(_mqcast_values "${1%%=*}")" -- "${1#*=}"
    else
        compopt -o nospace
        _mqcast_offer -S = -W "$(_mqcast_settings)" -- "$1"
    fi
}

_mqcast_kind() { # what stands for a value, what is typed of it
    local part
    for part in ${1//|/ }; do
        case ${part%...} in
        *.yaml) _mqcast_files '*.yaml' "$2" && _mqcast_files '*.yml' "$2" ;;
        *.h5 | *.csv | *.html | *.json | *.safetensors) _mqcast_files "*.${part##*.}" "$2" ;;
        FILE | SOURCE | OUT | CHECKPOINT) _mqcast_files '*' "$2" ;;
        DIR) _mqcast_files '' "$2" ;;
        RUN) _mqcast_runs "$2" ;;
        MODEL) _mqcast_offer -W "$(_mqcast_values model.type)" -- "$2" ;;
        FORMAT) _mqcast_offer -W "$(_mqcast_formats)" -- "$2" ;;
        SECTION.KEY=VALUE) _mqcast_setting "$2" ;;
        [a-z]*) _mqcast_offer -W "$part" -- "$2" ;;
        esac
    done
}

_mqcast_word() { # verb, how many words stand after it: what stands for the next one
    local kinds kind
    read -ra kinds <<<"$(_mqcast_takes "$1")"
    kind=${kinds[$2]-}
    [[ -z $kind && ${kinds[*]} == *... ]] && kind=${kinds[-1]}
    kind=${kind#[}
    echo "${kind%]}"
}

# COMP_WORDS are cut at '=', so the words are taken from the line. Of a word with '=' bash replaces what
# stands after it, unless COMP_WORDBREAKS says otherwise.
_mqcast() {
    local words verb current prefix='' flag='' n=0 i
    COMPREPLY=()
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=('')
    verb=${words[1]-} current=${words[-1]}
    if ((${#words[@]} <= 2)); then
        _mqcast_offer -W "$(_mqcast_verbs) help --help --version" -- "$current"
        return
    elif [[ $verb == help ]]; then
        _mqcast_offer -W "$(_mqcast_verbs) experiment" -- "$current"
        return
    fi
    for ((i = 2; i < ${#words[@]} - 1; i++)); do
        if [[ -n $flag ]]; then
            flag=''
        elif [[ ${words[i]} != -* ]]; then
            n=$((n + 1))
        elif [[ -n $(_mqcast_takes "$verb ${words[i]}") ]]; then
            flag=${words[i]}
        fi
    done
    if [[ -z $flag && $current == --*=* ]]; then
        flag=${current%%=*} prefix=${current%%=*}=
        current=${current#*=}
    fi
    if [[ -n $flag ]]; then
        _mqcast_kind "$(_mqcast_takes "$verb $flag")" "$current"
    elif [[ $current == -* ]]; then
        _mqcast_offer -W "$(_mqcast_flags "$verb")" -- "$current"
    else
        _mqcast_kind "$(_mqcast_word "$verb" "$n")" "$current"
    fi
    [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
}

complete -F _mqcast mqcast
