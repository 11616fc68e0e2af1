// join() of a CompletableFuture whose callback threw before it completed it; the pool has nothing to do.
import java.nio.file.*;
import java.util.concurrent.*;

public class Future {
    public static void main(String[] words) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        CompletableFuture<String> answer = new CompletableFuture<>();
        pool.submit(() -> {
            if (words.length == 0) throw new IllegalStateException("lost in the pool");
            answer.complete("done");
        });
        say("process " + ProcessHandle.current().pid());
        say("ready");
        System.out.println(answer.join());
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
