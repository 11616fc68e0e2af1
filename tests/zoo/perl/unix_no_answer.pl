# A client of a local daemon waits for the answer; the daemon does something else.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;
use IO::Socket::UNIX;

my $listen = IO::Socket::UNIX->new(Local => 'daemon.sock', Listen => 5) or die $!;
my $daemon = fork // die;
unless ($daemon) {
    my $client = $listen->accept;
    sysread $client, my $line, 100;
    sleep 300;
    exit;
}
close $listen;
my $client = fork // die;
unless ($client) {
    my $s = IO::Socket::UNIX->new(Peer => 'daemon.sock') or die $!;
    syswrite $s, "status\n";
    say_('process', $daemon);
    say_('path', "$ENV{CASE_DIR}/daemon.sock");
    say_('attach', $$);
    say_('ready');
    sysread $s, my $line, 100;
    exit;
}
waitpid $client, 0;
