# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of relaysentry for bash. Commands and options come from the usage
# that the command prints itself.

_relaysentry()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words

	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 || ($COMP_CWORD -eq 2 && $before == help) ]]; then
		words=$(relaysentry --help | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
		[[ $COMP_CWORD -eq 2 ]] || words+=" help --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
		return
	fi
	case $before in
	--service | -s)
		words="imap pop3 submission sieve smtp"
		;;
	--credential)
		words="password app-password token certificate kerberos other"
		;;
	--sort)
		words="users logins name first last"
		;;
	--language)
		words="en de"
		;;
	--field)
		words="relaysentry_group= relaysentry_allow= relaysentry_deny="
		;;
	esac
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $word == -* ]]; then
		words=$(relaysentry "${COMP_WORDS[1]}" --help 2>/dev/null |
			sed -n 's/^  \(-[a-z], \|    \)\(--[a-z-]*\).*/\2/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -o filenames -F _relaysentry relaysentry
