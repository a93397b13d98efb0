<?php
// A small rpc/literal system on PHP's SoapServer: `WSDL=file STATE=file php -S 127.0.0.1:PORT things.php`.
declare(strict_types=1);
ini_set('soap.wsdl_cache_enabled', '0');

final class Things
{
    private array $rows;

    public function __construct(private string $path)
    {
        $this->rows = is_file($path) ? json_decode(file_get_contents($path), true) : [];
    }

    public function list(string $after, int $limit): array
    {
        $rows = array_filter($this->rows, fn ($row) => strcmp($row['id'], $after) > 0);
        return ['thing' => array_slice(array_values($rows), 0, $limit)];
    }

    public function get(string $id): array
    {
        foreach ($this->rows as $row) {
            if ($row['id'] === $id) {
                return $row;
            }
        }
        throw new SoapFault('Client', 'there is no such thing');
    }

    public function create(object $thing): array
    {
        if (strlen($thing->name) > 80) {
            throw new SoapFault('Client', 'a name has at most 80 characters');
        }
        $row = ['id' => sprintf('%08d', count($this->rows) + 1)] + get_object_vars($thing);
        $this->rows[] = $row;
        file_put_contents($this->path, json_encode($this->rows));
        return $row;
    }
}

$server = new SoapServer(getenv('WSDL'), ['features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Things(getenv('STATE')));
$server->handle();
