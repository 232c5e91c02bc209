// These make the system, a shell or an interpreter load or run what they name. None holds a secret,
// and what is wrong in them is printed: the dynamic linker shows the value of LD_PRELOAD on stderr.
const REFUSED = [
  /^(LD|DYLD)_/,
  /^(PATH|PATHEXT|COMSPEC|SYSTEMROOT|WINDIR|PSMODULEPATH)$/,
  /^(ENV|BASH_ENV|SHELLOPTS|BASHOPTS|IFS|PS4|PROMPT_COMMAND|ZDOTDIR)$/,
  /^(SHELL|EDITOR|VISUAL|PAGER|(GIT|SSH|SUDO)_ASKPASS|GIT_(SSH|SSH_COMMAND|EDITOR|PAGER))$/,
  /^(NODE_OPTIONS|NODE_PATH|PYTHON(PATH|HOME|STARTUP)|PERL5?(LIB|OPT|DB)|RUBY(LIB|OPT))$/,
  /^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GCONV_PATH|GLIBC_TUNABLES)$/,
];

export function refusalOf(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return "the name of a variable is made of letters, digits and _, and begins with no digit";
  }
  if (REFUSED.some((pattern) => pattern.test(name.toUpperCase()))) {
    return `${name} tells programs what to load or run, and holds no secret`;
  }
  return undefined;
}
