// FileChannel.lock() on a file that another process keeps locked.
import java.nio.channels.*;
import java.nio.file.*;

public class ChannelLock {
    public static void main(String[] words) throws Exception {
        String holds = "import fcntl, time; f = open('index.lock', 'w'); fcntl.lockf(f, fcntl.LOCK_EX);"
            + "print(1, flush=True); time.sleep(300)";
        Process holder = new ProcessBuilder(System.getenv("CASE_PYTHON"), "-c", holds).start();
        holder.inputReader().readLine();
        Path file = Path.of("index.lock").toAbsolutePath();
        say("process " + holder.pid());
        say("path " + file);
        say("ready");
        FileChannel.open(file, StandardOpenOption.WRITE).lock();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
