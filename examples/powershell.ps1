# Uses secrets of the keyring from PowerShell: Windows PowerShell 5.1 and PowerShell 7.
#
#   keyring set my_app alice
#   powershell -File examples\powershell.ps1
#
# keyring is installed as the README says, with --allow-run=cmd added for keyring run.

param([string] $Service = 'my_app')

$ErrorActionPreference = 'Stop'

# keyring writes and reads UTF-8. Windows PowerShell takes it for the code page of the console, and
# sends what it pipes as ASCII, unless it is told.
[Console]::OutputEncoding = [System.Text.UTF8Encoding]::new($false)
$OutputEncoding = [System.Text.UTF8Encoding]::new($false)

# For one program, which is the shortest way; nothing is left in this session.
keyring run --env "TOKEN=$Service/alice" -- cmd /c 'if defined TOKEN echo The program has its token'
if ($LASTEXITCODE -ne 0) { throw "keyring run ended with $LASTEXITCODE" }

# For every program that this session starts. PowerShell cuts the output into lines.
$env:TOKEN = (keyring get $Service alice) -join "`n"
if ($LASTEXITCODE -ne 0) { throw "there is no token: keyring set $Service alice" }
try {
    Write-Output "The token has $($env:TOKEN.Length) characters"
} finally {
    Remove-Item Env:TOKEN
}

# What a script made goes the other way, through a pipe. PowerShell adds the newline that set takes
# off.
[Guid]::NewGuid().ToString() | keyring set $Service rotated
if ($LASTEXITCODE -ne 0) { throw 'the new token was not stored' }
