<?php
// Articles of a small system on PHP's own SoapServer: `STATE=file php -S 127.0.0.1:PORT articles.php`.
declare(strict_types=1);
ini_set('soap.wsdl_cache_enabled', '0');

final class Articles
{
    private array $rows = [];
    private $file;

    public function __construct(string $path)
    {
        $this->file = fopen($path, 'c+');
        flock($this->file, LOCK_EX);
        $this->rows = json_decode(stream_get_contents($this->file) ?: '[]', true);
    }

    private function keep(): void
    {
        ftruncate($this->file, 0);
        rewind($this->file);
        fwrite($this->file, json_encode($this->rows));
        fflush($this->file);
    }

    private static function now(): string
    {
        return (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
    }

    /** An outcome of one item: its article, or all that were found. */
    private static function done(array $article): array
    {
        return ['done' => true, 'article' => $article];
    }

    private static function refused(string $code, string $message): array
    {
        return ['done' => false, 'code' => $code, 'message' => $message];
    }

    private function page(array $rows, int $limit): array
    {
        return ['articles' => ['article' => array_slice($rows, 0, $limit)]];
    }

    public function who(): array
    {
        return ['user' => $_SERVER['PHP_AUTH_USER']];
    }

    public function listArticles($asked): array
    {
        $after = $asked->after ?? '';
        ksort($this->rows);
        return $this->page(array_values(array_filter($this->rows, fn ($row) => strcmp($row['id'], $after) > 0)), $asked->limit);
    }

    public function changedArticles($asked): array
    {
        $from = [$asked->since, $asked->after ?? ''];
        $rows = array_filter($this->rows, fn ($row) => [$row['changed'], $row['id']] > $from);
        usort($rows, fn ($a, $b) => [$a['changed'], $a['id']] <=> [$b['changed'], $b['id']]);
        return $this->page($rows, $asked->limit);
    }

    public function readArticles($asked): array
    {
        $none = self::refused('NOT_FOUND', 'no such article');
        $byId = fn ($id) => isset($this->rows["#$id"]) ? self::done([$this->rows["#$id"]]) : $none;
        $byReference = function ($reference) use ($none) {
            $found = array_values(array_filter($this->rows, fn ($row) => $row['reference'] === $reference));
            return $found === [] ? $none : self::done($found);
        };
        return ['outcome' => [...array_map($byId, $asked->id ?? []), ...array_map($byReference, $asked->reference ?? [])]];
    }

    /** The article with what was said changed, or what is wrong with it. */
    private function changed(array $row, object $said, string $now): array
    {
        if (isset($said->name) && strlen($said->name) > 80) {
            return self::refused('TOO_LONG', 'a name has at most 80 characters');
        }
        foreach (['reference', 'name', 'price', 'note', 'weight', 'tags'] as $field) {
            if (property_exists($said, $field)) {
                $row[$field] = $said->$field;
            }
        }
        $row['version'] += 1;
        $row['changed'] = $now;
        $this->rows['#' . $row['id']] = $row;
        return self::done(json_decode(json_encode($row), true));
    }

    public function createArticles($asked): array
    {
        $now = self::now();
        $outcomes = [];
        foreach ($asked->article ?? [] as $said) {
            if (($said->name ?? '') === '') {
                $outcomes[] = self::refused('REQUIRED', 'an article needs a name');
                continue;
            }
            ksort($this->rows);
            $last = (int) substr((string) array_key_last($this->rows), 2);
            $blank = ['id' => sprintf('A%08d', $last + 1), 'reference' => null, 'price' => null, 'note' => '', 'version' => 0];
            $outcomes[] = $this->changed($blank, $said, $now);
        }
        $this->keep();
        return ['outcome' => $outcomes];
    }

    public function updateArticles($asked): array
    {
        $now = self::now();
        $outcomes = [];
        foreach ($asked->article ?? [] as $said) {
            $row = $this->rows['#' . ($said->id ?? '')] ?? null;
            if ($row === null) {
                $outcomes[] = self::refused('NOT_FOUND', 'no such article');
            } elseif (isset($said->version) && $said->version !== $row['version']) {
                $outcomes[] = self::refused('STALE', 'the article was changed meanwhile');
            } else {
                $outcomes[] = $this->same($row, $said) ? self::done($row) : $this->changed($row, $said, $now);
            }
        }
        $this->keep();
        return ['outcome' => $outcomes];
    }

    private function same(array $row, object $said): bool
    {
        foreach (get_object_vars($said) as $field => $value) {
            if (!in_array($field, ['id', 'version'], true) && ($row[$field] ?? null) !== $value) {
                return false;
            }
        }
        return true;
    }

    public function deleteArticle($asked): array
    {
        if (!isset($this->rows["#{$asked->id}"])) {
            throw new SoapFault('Client', 'there is no such article', null, ['code' => 'NOT_FOUND'], 'Refusal');
        }
        unset($this->rows["#{$asked->id}"]);
        $this->keep();
        return [];
    }
}

if (($_SERVER['PHP_AUTH_USER'] ?? '') !== 'tally' || ($_SERVER['PHP_AUTH_PW'] ?? '') !== 'tally-secret') {
    http_response_code(401);
    header('WWW-Authenticate: Basic realm="articles"');
    exit;
}
$server = new SoapServer(__DIR__ . '/articles.wsdl', ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Articles(getenv('STATE')));
$server->handle();
